import { ConfigError } from './errors.ts';
import { timeOrderedId, withNewId } from './operation-id.ts';
import { validatePolicy } from './policy-schema.ts';
import type { OperationDefinition, OperationFunction, OperationOptions } from './ports.ts';

/** Options of `recoverable`; the breaker's key function gets the array of arguments. */
export interface RecoverableOptions extends OperationOptions<unknown[]> {
  /** Name of the definition. @default the function's or the method's name */
  readonly name?: string;
}

/** A function that is recoverable: same `this`, same arguments, a promise of the result. */
export type Recovered<This, Args extends unknown[], Result> = (
  this: This,
  ...args: Args
) => Promise<Awaited<Result>>;

/**
 * Wraps a function, or decorates a method whose result is a promise. Each call is an operation, its input the array of arguments, which must be
 * strict JSON. `this` is kept for calls of this process; after a restart the function is called without one.
 */
export type Recoverable = <This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  context?: ClassMethodDecoratorContext<This>,
) => Recovered<This, Args, Result>;

/** Whoever defines operations; the default recovery comes later than the functions that are wrapped for it. */
interface Definer {
  operation<Input, Output>(
    name: string,
    fn: OperationFunction<Input, Output>,
    options?: OperationOptions<Input, Output>,
  ): OperationDefinition<Input, Output>;
}

/** Instances of the calls under way, by operation: `this` cannot be stored. */
type Instances = Map<string, unknown>;

/** A name and how to define it; `recoverable` of the default recovery keeps them until there is one. */
export interface RecoverableDefinition {
  readonly name: string;
  define(recovery: Definer): OperationDefinition<unknown[], unknown>;
}

/** @param definer the recovery, asked for at each call */
export function recoverableOf(
  options: RecoverableOptions,
  definer: () => Definer | Promise<Definer>,
  register: (definition: RecoverableDefinition) => void = definition => {
    const recovery = definer();
    if (!(recovery instanceof Promise)) definition.define(recovery);
  },
): Recoverable {
  return (fn, context) => {
    if (typeof fn !== 'function') {
      throw new ConfigError(`recoverable wraps functions and methods, got ${typeof fn}`);
    }
    const { name: given, ...policy } = options;
    const name = given ?? (context === undefined ? fn.name : String(context.name));
    if (typeof name !== 'string' || name === '') {
      throw new ConfigError(
        'recoverable needs a name for a function without one: recoverable({ name: "..." })(fn)',
      );
    }
    // The default recovery may come much later, and would then be refused for what was wrong here.
    validatePolicy(name, policy);
    const instances: Instances = new Map();
    const defined = new WeakMap<Definer, OperationDefinition<unknown[], unknown>>();
    const call = fn as (this: unknown, ...args: unknown[]) => unknown;
    const definition: RecoverableDefinition = {
      name,
      define(recovery) {
        const known = defined.get(recovery);
        if (known !== undefined) return known;
        const made = recovery.operation<unknown[], unknown>(
          name,
          (args, op) => call.apply(instances.get(op.id), args),
          policy,
        );
        defined.set(recovery, made);
        return made;
      },
    };
    register(definition);
    return async function (this: unknown, ...args: unknown[]) {
      const operation = definition.define(await definer());
      const id = timeOrderedId();
      instances.set(id, this);
      try {
        return await operation.run(args, withNewId(id));
      } finally {
        instances.delete(id);
      }
    } as never;
  };
}
