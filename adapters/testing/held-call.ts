import { ConfigError } from '../../services/errors.ts';
import type { OperationContext } from '../../services/ports.ts';

/** A call that waits until the test ends it, or its signal does. `Op` is what it was given: for an undo an `UndoContext`. */
export class HeldCall<Op extends Pick<OperationContext, 'signal'> = OperationContext> {
  #op: Op | undefined;
  #run: (op: Op) => unknown = () => undefined;
  #resolve: (value: unknown) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  readonly #seen: (op: Op) => Op;

  /** @param seen what its function is given in place of its context */
  constructor(seen: (op: Op) => Op = op => op) {
    this.#seen = seen;
  }

  /** Whether it was called. */
  get called(): boolean {
    return this.#op !== undefined;
  }

  /** What it was given. @throws ConfigError while it was not called */
  get op(): Op {
    if (this.#op === undefined) throw new ConfigError('what is held was not called yet');
    return this.#op;
  }

  /** It gives this. */
  succeed(value?: unknown): void {
    this.#resolve(value);
  }

  /** It throws this. */
  fail(error: unknown): void {
    this.#reject(error);
  }

  /** It does what it would have done without being held. */
  async goOn(): Promise<void> {
    try {
      this.#resolve(await this.#run(this.#seen(this.op)));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Called in place of the function. */
  begin(op: Op, run: (op: Op) => unknown): Promise<unknown> {
    this.#op = op;
    this.#run = run;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const abort = () => reject(op.signal.reason);
      if (op.signal.aborted) abort();
      else op.signal.addEventListener('abort', abort, { once: true });
    });
  }
}
