import { ConfigError } from '../../services/errors.ts';
import type {
  OperationContext,
  OperationFunction,
  OperationOptions,
  UndoContext,
  UndoFunction,
} from '../../services/ports.ts';
import { HeldCall } from './held-call.ts';

/**
 * What a call does instead of calling the function: fail with that error; return something; never end by itself, but with its signal (`hang`); or never end,
 * whatever its signal says (`deaf`).
 */
export type Fault = Error | { readonly returns: unknown } | 'hang' | 'deaf';

type Which = 'function' | 'fallback';
type Op = OperationContext | UndoContext;
/** A method, so that calls of every kind wait in one line. */
interface Call<Given> {
  made(op: Given, run: (op: Given) => unknown): unknown;
}

/** A call of an operation's function, of its fallback, or of one of its undos, that is about to be made. */
export type ComingCall =
  | {
      /** Of the operation. */
      readonly name: string;
      readonly kind: Which;
      readonly op: OperationContext;
    }
  | { readonly name: string; readonly kind: 'undo'; readonly op: UndoContext };

/** What shall happen to coming calls of operations' functions, in order, by the name of the operation. */
export class Faults {
  readonly #coming = new Map<string, Call<Op>[]>();
  /** Decides about each call that nothing else is said of; undefined lets it be made. */
  decide: ((call: ComingCall) => HeldCall | HeldCall<UndoContext> | undefined) | undefined;

  /** The next call of an operation's function fares like this, instead of being made; several wait in line. @throws ConfigError */
  next(name: string, fault: Fault): this {
    return this.#add(name, 'function', callOf(fault));
  }

  /** The same for its fallback. @throws ConfigError */
  nextFallback(name: string, fault: Fault): this {
    return this.#add(name, 'fallback', callOf(fault));
  }

  /** The same for one of its undos. @throws ConfigError */
  nextUndo(name: string, undo: string, fault: Fault): this {
    return this.#add(name, `undo ${undo}`, callOf(fault));
  }

  /** The next call of an operation's function waits until the test ends it. */
  hold(name: string, which: Which = 'function'): HeldCall {
    const held = this.held();
    this.#add<OperationContext>(name, which, { made: (op, run) => held.begin(op, run) });
    return held;
  }

  /** The same for the next call of one of its undos. */
  holdUndo(name: string, undo: string): HeldCall<UndoContext> {
    const held = new HeldCall<UndoContext>();
    this.#add<UndoContext>(name, `undo ${undo}`, { made: (op, run) => held.begin(op, run) });
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

  /** The options, with the fallback and the undos as their faults let them be called. */
  aroundOptions<Input, Output>(
    name: string,
    options: OperationOptions<Input, Output>,
  ): OperationOptions<Input, Output> {
    const { fallback, undo } = options;
    const around = { ...options };
    if (fallback !== undefined) {
      around.fallback = (error, op) => {
        const run = (given: OperationContext) => fallback(error, given);
        return this.#made({ name, kind: 'fallback', op }, run) as Output;
      };
    }
    // What cannot be used is refused by whoever it is for.
    if (typeof undo === 'object' && undo !== null) around.undo = this.#aroundUndos(name, undo);
    return around;
  }

  #aroundUndos(name: string, undos: Readonly<Record<string, UndoFunction>>) {
    const entries = Object.entries(undos).map(([undo, fn]): [string, UndoFunction] => {
      if (typeof fn !== 'function') return [undo, fn];
      const called: UndoFunction = (input, op) =>
        this.#made({ name, kind: 'undo', op }, (given: UndoContext) => fn(input, given));
      return [undo, called];
    });
    return Object.fromEntries(entries);
  }

  #add<Given extends Op>(name: string, which: string, call: Call<Given>): this {
    if (typeof name !== 'string' || name === '') {
      throw new ConfigError(`a fault needs the name of an operation, got ${String(name)}`);
    }
    const key = `${which} ${name}`;
    this.#coming.set(key, [...(this.#coming.get(key) ?? []), call]);
    return this;
  }

  #made<Given extends Op>(
    call: ComingCall & { readonly op: Given },
    run: (op: Given) => unknown,
  ): unknown {
    const which = call.kind === 'undo' ? `undo ${call.op.undo}` : call.kind;
    const fault = this.#coming.get(`${which} ${call.name}`)?.shift() as Call<Given> | undefined;
    if (fault !== undefined) return fault.made(call.op, run);
    const held = this.decide?.(call) as HeldCall<Given> | undefined;
    return held === undefined ? run(call.op) : held.begin(call.op, run);
  }
}

function callOf(fault: Fault): Call<Op> {
  if (fault === 'hang') return { made: (op, run) => new HeldCall<Op>().begin(op, run) };
  if (fault === 'deaf') return { made: () => new Promise(() => {}) };
  if (fault instanceof Error) return { made: () => Promise.reject(fault) };
  if (typeof fault === 'object' && fault !== null && 'returns' in fault) {
    return { made: () => fault.returns };
  }
  throw new ConfigError(
    `a fault must be an Error, { returns }, 'hang' or 'deaf', got ${String(fault)}`,
  );
}
