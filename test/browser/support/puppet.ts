import { SimulatedClock } from '../../../adapters/testing/index.ts';
import type { RecoveryOptions } from '../../../create-recovery.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';

/** Milliseconds between a failure and the next attempt: long enough for a page to count them down. */
export const DELAY = 60_000;

/** A recovery whose time passes when a test lets it, beginning now, as a page counts down by its own clock. */
export function timed(): { readonly clock: SimulatedClock; readonly options: RecoveryOptions } {
  const clock = new SimulatedClock({ now: Date.now() });
  // Running operations are given no time to end: it would not pass.
  const strategy = new FixedDelayStrategy({ delay: DELAY });
  return { clock, options: { clock, strategy, drainTimeout: 0 } };
}

type Turn = (op: OperationContext) => unknown;

/** A function whose calls do what the test says next, and wait until it says so. */
export class Puppet {
  readonly #turns: Turn[] = [];
  readonly #waiting: (() => void)[] = [];

  readonly call = async (_input: unknown, op: OperationContext): Promise<unknown> => {
    while (this.#turns.length === 0) await this.#said(op.signal);
    return (this.#turns.shift() as Turn)(op);
  };

  /** What a call does that waits, or the next one. */
  do(turn: Turn): void {
    this.#turns.push(turn);
    this.#waiting.shift()?.();
  }

  #said(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => {
        this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
        reject(signal.reason);
      });
    });
  }
}

export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** Something to wait for until the test lets it happen. */
export function gate(): Gate {
  let open = () => {};
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Is tried again. */
export const reset = (message = 'socket hang up') =>
  Object.assign(new TypeError(message), { code: 'ECONNRESET' });

/** Is not. */
export const refused = (message = 'this input will never do', cause?: unknown) =>
  Object.assign(new TypeError(message, { cause }), { status: 422 });

/** Throws it. */
export const failing = (error: unknown) => (): never => {
  throw error;
};
