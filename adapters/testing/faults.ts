import { ConfigError } from '../../services/errors.ts';
import type {
  OperationContext,
  OperationFunction,
  OperationOptions,
} from '../../services/ports.ts';
import { HeldCall } from './held-call.ts';

/**
 * What a call does instead of calling the function: fail with that error; return something; never end by itself, but with its signal (`hang`); or never end,
 * whatever its signal says (`deaf`).
 */
export type Fault = Error | { readonly returns: unknown } | 'hang' | 'deaf';

type Which = ComingCall['kind'];
type Run = (op: OperationContext) => unknown;
type Call = (op: OperationContext, run: Run) => unknown;

/** A call that is about to be made. */
export interface ComingCall {
  /** Of the operation. */
  readonly name: string;
  readonly kind: 'function' | 'fallback';
  readonly op: OperationContext;
}

/** What shall happen to coming calls of operations' functions, in order, by the name of the operation. */
export class Faults {
  readonly #coming = new Map<string, Call[]>();
  /** Decides about each call that nothing else is said of; undefined lets it be made. */
  decide: ((call: ComingCall) => HeldCall | undefined) | undefined;

  /** The next call of an operation's function fares like this, instead of being made; several wait in line. @throws ConfigError */
  next(name: string, fault: Fault): this {
    return this.#add(name, 'function', callOf(fault));
  }

  /** The same for its fallback. @throws ConfigError */
  nextFallback(name: string, fault: Fault): this {
    return this.#add(name, 'fallback', callOf(fault));
  }

  /** The next call of an operation's function waits until the test ends it. */
  hold(name: string, which: Which = 'function'): HeldCall {
    const held = this.held();
    this.#add(name, which, (op, run) => held.begin(op, run));
    return held;
  }

  /** A call to be held, for `decide`. @param seen what its function is given in place of its context */
  held(seen?: (op: OperationContext) => OperationContext): HeldCall {
    return new HeldCall(seen);
  }

  /** Forgets what has not happened yet. */
  clear(): void {
    this.#coming.clear();
  }

  /** Faults that have not happened yet. */
  get waiting(): number {
    return [...this.#coming.values()].reduce((sum, calls) => sum + calls.length, 0);
  }

  /** The function, as its faults let it be called. */
  around<Input, Output>(
    name: string,
    fn: OperationFunction<Input, Output>,
  ): OperationFunction<Input, Output> {
    return (input, op) => {
      const run = (given: OperationContext) => fn(input, given);
      return this.#made({ name, kind: 'function', op }, run) as Output;
    };
  }

  /** The options, with the fallback as its faults let it be called. */
  aroundFallback<Input, Output>(
    name: string,
    options: OperationOptions<Input, Output>,
  ): OperationOptions<Input, Output> {
    const { fallback } = options;
    if (fallback === undefined) return options;
    return {
      ...options,
      fallback: (error, op) => {
        const run = (given: OperationContext) => fallback(error, given);
        return this.#made({ name, kind: 'fallback', op }, run) as Output;
      },
    };
  }

  #add(name: string, which: Which, call: Call): this {
    if (typeof name !== 'string' || name === '') {
      throw new ConfigError(`a fault needs the name of an operation, got ${String(name)}`);
    }
    const key = `${which} ${name}`;
    this.#coming.set(key, [...(this.#coming.get(key) ?? []), call]);
    return this;
  }

  #made(call: ComingCall, run: Run): unknown {
    const fault = this.#coming.get(`${call.kind} ${call.name}`)?.shift();
    if (fault !== undefined) return fault(call.op, run);
    const held = this.decide?.(call);
    return held === undefined ? run(call.op) : held.begin(call.op, run);
  }
}

function callOf(fault: Fault): Call {
  if (fault === 'hang') return (op, run) => new HeldCall().begin(op, run);
  if (fault === 'deaf') return () => new Promise(() => {});
  if (fault instanceof Error) return () => Promise.reject(fault);
  if (typeof fault === 'object' && fault !== null && 'returns' in fault) return () => fault.returns;
  throw new ConfigError(
    `a fault must be an Error, { returns }, 'hang' or 'deaf', got ${String(fault)}`,
  );
}
