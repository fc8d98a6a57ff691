import type { AnyActorRef } from 'xstate';
import type { AttemptOutcome, FallbackOutcome } from '../../machines/operation/types.ts';
import type { Limit } from '../../machines/vocabulary.ts';
import { AttemptOverError, OperationCancelledError, RecoveryClosedError } from '../errors.ts';
import type { Clock, Logger, OperationContext, Progress } from '../ports.ts';
import type { CommitLog, Waiter } from './commit-log.ts';
import { runWithin } from './current-operation.ts';
import type { LiveOperation } from './live-operation.ts';
import { Steps } from './steps.ts';
import { at } from './timers.ts';

/** What calls need of their surroundings. */
export interface CallSurroundings {
  readonly clock: Clock;
  readonly log: CommitLog;
  readonly logger: Logger;
  /** No call begins any more. */
  readonly closing: boolean;
  readonly progress: (progress: Progress) => void;
  readonly began: (call: Call) => void;
  readonly over: (call: Call) => void;
  readonly loadSteps: (operationId: string) => Promise<Map<string, string | null>>;
  /** Whether the retry budget of a breaker has so many tokens. */
  readonly canPay: (breakerKey: string, cost: number, at: number) => boolean;
}

/** How long the next call waits for a function that did not heed its signal. */
const STRAGGLER_MS = 1_000;

/**
 * One call of a user's function for an operation, and what the function sees of it. It waits for the commit that tells of it, calls, and
 * ends its actor with an outcome.
 */
export abstract class Call implements OperationContext, Waiter {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  protected readonly operation: LiveOperation;
  protected readonly around: CallSurroundings;
  /** When it was called, and when it last showed that it gets on; kept where the policy asks for it. */
  protected calledAt: number | undefined;
  protected healthyAt: number | undefined;
  protected over = false;
  readonly #actor: AnyActorRef;
  /** Made when it is asked for: most functions never look at it. */
  #controller: AbortController | undefined;
  #abortReason: unknown;
  #aborted = false;
  #called = false;
  #forgetTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #steps: Steps | undefined;
  #log: Logger | undefined;

  constructor(
    operation: LiveOperation,
    actor: AnyActorRef,
    attempt: number,
    around: CallSurroundings,
  ) {
    this.id = operation.id;
    this.name = operation.name;
    this.attempt = attempt;
    this.operation = operation;
    this.around = around;
    this.#actor = actor;
  }

  /** Calls the user's function. May throw. */
  protected abstract invoke(): unknown;
  /** The function has given something, in time. */
  protected abstract succeed(value: unknown): void;
  /** It has thrown, or it has run into a limit. */
  protected abstract fail(thrown: unknown, limit: Limit | undefined): void;
  /** Sets an alarm where there is a limit; false when that is over already. */
  protected abstract arm(): boolean;

  get deadline(): number | undefined {
    return this.operation.actor.getSnapshot().context.policy.deadline ?? undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get log(): Logger {
    this.#log ??= boundLogger(this.around.logger, {
      operation_id: this.id,
      function_name: this.name,
      attempt: this.attempt,
    });
    return this.#log;
  }

  progress(value: unknown): void {
    if (this.over) return;
    const { clock, progress } = this.around;
    const now = clock.now();
    this.healthyAt = now;
    progress({ operationId: this.id, name: this.name, attempt: this.attempt, value, at: now });
  }

  step<T>(name: string, fn: () => T | PromiseLike<T>): Promise<T> {
    this.#steps ??= new Steps(this.operation, this.attempt, this.around, {
      refuseWhenOver: this.#refuseWhenOver,
      finished: this.#gotOn,
    });
    return this.#steps.run(name, fn);
  }

  readonly #gotOn = (now: number): void => {
    this.healthyAt = now;
  };

  readonly #refuseWhenOver = (): void => {
    if (this.#aborted) throw this.#abortReason;
    if (this.over) throw new AttemptOverError(this);
  };

  /** What tells of this call is durable: the function may be called. */
  committed(): void {
    if (this.over) return;
    if (this.around.closing) {
      this.suspend();
      return;
    }
    this.around.began(this);
    const { steps, straggler } = this.operation;
    if (steps !== undefined && straggler === undefined) this.#call();
    else void this.#prepare();
  }

  refused(): 'keep' | 'drop' {
    return this.over ? 'drop' : 'keep';
  }

  async #prepare(): Promise<void> {
    const { operation } = this;
    try {
      operation.steps ??= await this.around.loadSteps(this.id);
      if (operation.straggler !== undefined) await this.#waitFor(operation.straggler);
      operation.straggler = undefined;
    } catch (error) {
      this.failed(error);
      return;
    }
    if (!this.over) this.#call();
  }

  #waitFor(straggler: Promise<void>): Promise<void> {
    const { clock } = this.around;
    return new Promise(resolve => {
      const forget = at(clock, clock.now() + STRAGGLER_MS, resolve);
      void straggler.then(() => {
        forget();
        resolve();
      });
    });
  }

  #call(): void {
    this.#called = true;
    if (!this.arm()) return;
    try {
      const returned = runWithin(this, () => this.invoke());
      if (isThenable(returned)) {
        this.#running = Promise.resolve(returned).then(this.#succeeded, thrown =>
          this.failed(thrown),
        );
      } else this.#succeeded(returned);
    } catch (error) {
      this.failed(error);
    }
  }

  readonly #succeeded = (value: unknown): void => {
    if (!this.over) this.succeed(value);
  };

  /** However it failed: what was told that the recovery closes has not failed by that. */
  protected readonly failed = (thrown: unknown, limit?: Limit): void => {
    if (this.over) return;
    if (this.around.closing && this.#abortReason instanceof RecoveryClosedError) this.suspend();
    else this.fail(thrown, limit);
  };

  /** Calls `fn` at an instant, unless the call has ended by then. */
  protected alarm(instant: number, fn: () => void): void {
    this.#forgetTimer = at(this.around.clock, instant, () => {
      if (!this.over) fn();
    });
  }

  /** The function has had its time. The next call gives it some more to end. */
  protected giveUp(reason: unknown): void {
    this.abort(reason);
    this.operation.straggler = this.#running;
  }

  protected end(output: AttemptOutcome | FallbackOutcome): void {
    this.#finish();
    this.#actor.send({ type: 'end', output });
  }

  #finish(): void {
    if (this.over) return;
    this.over = true;
    this.#forgetTimer?.();
    this.around.over(this);
  }

  protected suspend(): void {
    this.end({ kind: 'suspended', at: this.around.clock.now() });
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  /** Begins no more, if its function was not called yet. */
  suspendBeforeCall(): void {
    if (!this.#called) this.suspend();
  }

  /** The chart has left the state that this call belongs to while the function was at work. */
  stopped(): void {
    if (this.over) return;
    this.#finish();
    const { closing } = this.around;
    const { error } = this.operation.actor.getSnapshot().context;
    this.abort(
      closing
        ? new RecoveryClosedError()
        : new OperationCancelledError(`operation "${this.id}" (${this.name}) was cancelled`, {
            details: { operationId: this.id, ...(error?.details as object | undefined) },
          }),
    );
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function';

function boundLogger(logger: Logger, bound: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (fields, message) => logger.debug({ ...bound, ...fields }, message),
    info: (fields, message) => logger.info({ ...bound, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...bound, ...fields }, message),
    error: (fields, message) => logger.error({ ...bound, ...fields }, message),
  };
}
