import type { AnyActorRef } from 'xstate';
import type {
  AttemptOutcome,
  FallbackOutcome,
  UndoOutcome,
} from '../../machines/operation/types.ts';
import type { Limit } from '../../machines/vocabulary.ts';
import { OperationCancelledError, RecoveryClosedError } from '../errors.ts';
import { CallContext, type ContextSurroundings } from './call-context.ts';
import type { Waiter } from './commit-log.ts';
import { endOf } from './followed-call.ts';
import type { LiveOperation } from './live-operation.ts';
import { at } from './timers.ts';

/** What calls need of their surroundings. */
export interface CallSurroundings extends ContextSurroundings {
  /** No call begins any more. */
  readonly closing: boolean;
  readonly began: (call: Call) => void;
  readonly over: (call: Call) => void;
  readonly loadSteps: (operationId: string) => Promise<Map<string, string | null>>;
  /** Whether the retry budget of a breaker has so many tokens. */
  readonly canPay: (breakerKey: string, cost: number, at: number) => boolean;
}

/** How long the next call waits for a function that did not heed its signal. */
const STRAGGLER_MS = 1_000;

/**
 * One call of a user's function for an operation. It waits for the commit that tells of it, calls, and
 * ends its actor with an outcome.
 */
export abstract class Call extends CallContext implements Waiter {
  declare protected readonly around: CallSurroundings;
  /** Its actor knows the outcome, or was stopped. */
  ended = false;
  readonly #actor: AnyActorRef;
  #called = false;
  #forgetTimer: (() => void) | undefined;

  constructor(
    operation: LiveOperation,
    actor: AnyActorRef,
    attempt: number,
    around: CallSurroundings,
  ) {
    super(operation, attempt, around);
    this.#actor = actor;
  }

  /** The function has given something, in time. */
  protected abstract succeed(value: unknown): void;
  /** It has thrown, or it has run into a limit. */
  protected abstract fail(thrown: unknown, limit: Limit | undefined): void;
  /** Sets an alarm where there is a limit; false when that is over already. */
  protected abstract arm(): boolean;

  /** What tells of this call is durable: the function may be called. */
  committed(): void {
    if (this.ended) return;
    if (this.around.closing) {
      this.suspend();
      return;
    }
    this.around.began(this);
    const { steps, straggler } = this.operation;
    if (steps !== undefined && straggler === undefined && !this.#lacksSecrets) this.#call();
    else void this.#prepare();
  }

  refused(): 'keep' | 'drop' {
    return this.ended ? 'drop' : 'keep';
  }

  async #prepare(): Promise<void> {
    const { operation } = this;
    try {
      operation.steps ??= await this.around.loadSteps(this.id);
      if (operation.straggler !== undefined) await this.#waitFor(operation.straggler);
      operation.straggler = undefined;
      if (this.#lacksSecrets && !this.ended) {
        await this.#callWithSecrets();
        return;
      }
    } catch (error) {
      this.failed(error);
      return;
    }
    if (!this.ended) this.#call();
  }

  protected get needsInput(): boolean {
    return true;
  }

  get #lacksSecrets(): boolean {
    return this.needsInput && this.operation.secrets?.areMissing === true;
  }

  /** Asking for them is a part of the attempt, and of the time that it has. */
  async #callWithSecrets(): Promise<void> {
    this.#called = true;
    if (!this.arm()) return;
    await this.operation.secrets?.resolve(this.signal);
    if (!this.ended) this.perform();
  }

  #waitFor(straggler: Promise<void>): Promise<void> {
    const { clock } = this.around;
    return new Promise(resolve => {
      const forget = at(clock, clock.now() + STRAGGLER_MS, resolve);
      this.#forgetTimer = forget;
      void straggler.then(() => {
        forget();
        resolve();
      });
    });
  }

  #call(): void {
    this.#called = true;
    if (this.arm()) this.perform();
  }

  protected returned(value: unknown): void {
    if (!this.ended) this.succeed(value);
  }

  threw(thrown: unknown): void {
    this.failed(thrown);
  }

  /** However it failed: what was told that the recovery closes has not failed by that. */
  protected failed(thrown: unknown, limit?: Limit): void {
    if (this.ended) return;
    if (this.around.closing && this.abortReason instanceof RecoveryClosedError) this.suspend();
    else this.fail(thrown, limit);
  }

  /** Calls `fn` at an instant, unless the call has ended by then. */
  protected alarm(instant: number, fn: () => void): void {
    this.#forgetTimer = at(this.around.clock, instant, () => {
      if (!this.ended) fn();
    });
  }

  /** The function has had its time. The next call gives it some more to end. */
  protected giveUp(reason: unknown): void {
    this.abort(reason);
    this.operation.straggler = this.atWork();
  }

  /** Settles when what was called has ended. */
  protected atWork(): Promise<void> | undefined {
    return this.running;
  }

  protected end(output: AttemptOutcome | FallbackOutcome | UndoOutcome): void {
    if (this.followed !== undefined) this.tellEnd(endOf(output));
    this.finish();
    this.#actor.send({ type: 'end', output });
  }

  protected finish(): void {
    this.ended = true;
    this.over = true;
    this.#forgetTimer?.();
    this.around.over(this);
  }

  protected suspend(): void {
    this.end({ kind: 'suspended', at: this.around.clock.now() });
  }

  /** Begins no more, if its function was not called yet. */
  suspendBeforeCall(): void {
    if (!this.#called) this.suspend();
  }

  /** The chart has left the state that this call belongs to while the function was at work. */
  stopped(): void {
    if (this.ended) return;
    const { closing } = this.around;
    this.tellEnd({ kind: closing ? 'suspended' : 'cancelled' });
    this.finish();
    // What it still does should not come after what takes it back.
    if (!closing) this.operation.straggler = this.atWork();
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
