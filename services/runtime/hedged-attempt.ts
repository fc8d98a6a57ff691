import type { Limit } from '../../machines/vocabulary.ts';
import { HedgeLostError } from '../errors.ts';
import type { ObservedCallEnd } from '../ports.ts';
import { Attempt } from './attempt.ts';
import type { CallContext } from './call-context.ts';
import { Hedge, type HedgeOwner } from './hedge.ts';
import { StepTurns } from './step-turns.ts';
import { at } from './timers.ts';

/**
 * An attempt that calls its function a second time when the first call takes long. The first success wins; the attempt has failed when both
 * calls have, and then the first call's error is what it is judged by.
 */
export class HedgedAttempt extends Attempt implements HedgeOwner {
  readonly #stepTurns = new StepTurns();
  #hedge: Hedge | undefined;
  #forgetHedge: (() => void) | undefined;
  /** Of the first call. */
  #failure: { readonly thrown: unknown; readonly at: number } | undefined;
  #hedgeFailed = false;

  protected override perform(): void {
    const { clock } = this.around;
    this.calledAt = clock.now();
    const dueAt = this.calledAt + (this.operation.policy.hedgeAfter ?? Number.POSITIVE_INFINITY);
    super.perform();
    // One that gave no promise has ended.
    if (!this.over) this.#forgetHedge = at(clock, dueAt, () => this.#beginHedge());
  }

  /** When the attempt has had its time. */
  get #endsAt(): number {
    const { timeout = Number.POSITIVE_INFINITY } = this.operation.policy;
    return Math.min((this.calledAt ?? 0) + timeout, this.deadline ?? Number.POSITIVE_INFINITY);
  }

  #beginHedge(): void {
    const { closing, clock } = this.around;
    // The timer may be late, and find that the attempt has had its time: after a sleep of the machine, say.
    if (closing || clock.now() >= this.#endsAt) return;
    this.log.debug({}, 'its first call takes long: a second one begins');
    this.#hedge = new Hedge(this.operation, this.attempt, this.around, this);
    this.#hedge.followed = this.followed?.hedgeBegan();
    this.#hedge.begin();
  }

  override settled(call: CallContext, value: unknown): boolean {
    if (!super.settled(call, value)) return false;
    // Also one that has failed: what it has left behind may heed its signal.
    if (call === this) this.#hedge?.abort(new HedgeLostError(this.#hedge));
    else super.abort(new HedgeLostError(this));
    return true;
  }

  override threw(thrown: unknown): void {
    if (this.over) return;
    this.over = true;
    this.#failure = { thrown, at: this.around.clock.now() };
    if (this.#hedge === undefined || this.#hedgeFailed) this.failed(thrown);
    else this.log.info({ err: thrown }, 'its first call has failed; the second one is at work');
  }

  hedgeThrew(hedge: Hedge, thrown: unknown): void {
    this.#hedgeFailed = true;
    hedge.log.info({ err: thrown }, 'its second call has failed; the error of the first counts');
    if (this.#failure !== undefined) this.failed(thrown);
  }

  /** Whatever ends the second call, the error of the first is judged. */
  protected override fail(thrown: unknown, limit: Limit | undefined): void {
    super.fail(this.#failure === undefined ? thrown : this.#failure.thrown, limit);
  }

  protected override took(call: CallContext, now: number): { readonly duration?: number } {
    return super.took(call, call === this ? (this.#failure?.at ?? now) : now);
  }

  /** One success ends both calls: the second one has given it, or has lost. */
  override tellEnd(end: ObservedCallEnd): void {
    if (end.kind !== 'succeeded') this.#hedge?.tellEnd(end);
    else this.#hedge?.tellEnd({ kind: end.hedged ? 'succeeded' : 'lost' });
    super.tellEnd(end);
  }

  override get healthyFor(): number {
    return Math.max(super.healthyFor, this.#hedge?.healthyFor ?? 0);
  }

  override get stepTurns(): StepTurns {
    return this.#stepTurns;
  }

  protected override get attemptOver(): boolean {
    return this.ended;
  }

  protected override finish(): void {
    super.finish();
    this.#forgetHedge?.();
    this.#hedge?.end();
  }

  /** Reaches both calls. */
  override abort(reason: unknown): void {
    super.abort(reason);
    this.#hedge?.abort(reason);
  }

  protected override async atWork(): Promise<void> {
    await Promise.all([super.atWork(), this.#hedge?.atWork]);
  }
}
