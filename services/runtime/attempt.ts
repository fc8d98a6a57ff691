import type { AttemptOutcome } from '../../machines/operation/types.ts';
import type { Limit } from '../../machines/vocabulary.ts';
import { toStrictJson } from '../json.ts';
import { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { attemptTimedOut, type TimeLimit, timeLimitOf } from './time-limits.ts';
import { verdictOn } from './verdict.ts';

/** One call of an operation's function. Its number is durable before the function is called. */
export class Attempt extends Call {
  protected invoke(): unknown {
    const { operation } = this;
    const { timed, resetAfter } = operation.policy;
    const asked = timed || resetAfter !== undefined || operation.watcher !== undefined;
    if (asked) this.calledAt = this.around.clock.now();
    return operation.definition.fn(operation.input, this);
  }

  /** Sets the alarm of the nearer of the two limits. */
  protected arm(): boolean {
    const { timeout } = this.operation.policy;
    const { deadline } = this.operation.actor.getSnapshot().context.policy;
    if (timeout === undefined && deadline === null) return true;
    const now = this.around.clock.now();
    const limit = timeLimitOf(timeout, deadline, now) as TimeLimit;
    if (limit.at <= now) {
      this.#timeOut(limit);
      return false;
    }
    this.alarm(limit.at, () => this.#timeOut(limit));
    return true;
  }

  #timeOut(limit: TimeLimit): void {
    const error = attemptTimedOut(this, limit, this.operation.policy.timeout);
    this.giveUp(error);
    this.failed(error, limit.limit);
  }

  protected succeed(value: unknown): void {
    this.settled(this, value);
  }

  /** A call has given the output. @returns whether that is the end, which it is not where it would not survive JSON */
  settled(call: CallContext, value: unknown): boolean {
    const { operation } = this;
    try {
      const what = `the output of "${this.name}"`;
      const result = toStrictJson(value, what);
      operation.secrets?.refuse(result, what);
      operation.result = result;
      operation.output = value;
    } catch (error) {
      call.threw(error);
      return false;
    }
    const at = this.around.clock.now();
    const success = { kind: 'succeeded', at, ...this.took(call, at) } as const;
    this.#finished(call.hedge === 0 ? success : { ...success, hedged: true });
    return true;
  }

  protected fail(thrown: unknown, limit: Limit | undefined): void {
    const { operation, around } = this;
    const { context } = operation.actor.getSnapshot();
    const { resetAfter } = operation.policy;
    const now = around.clock.now();
    const { verdict, error } = verdictOn(operation.policy, thrown, {
      operation: context,
      now,
      anew: resetAfter !== undefined && this.healthyFor >= resetAfter,
      canPay: cost => around.canPay(operation.breakerKey, cost, now),
      ...(limit === undefined ? {} : { limit }),
    });
    // As it was thrown it may have secrets in it.
    operation.thrown = operation.secrets?.any ? undefined : error;
    const took = this.took(this, now);
    const outcome = {
      kind: 'failed',
      at: now,
      error: operation.told(error),
      verdict: operation.scrubbed(verdict),
      ...took,
    } as const;
    this.#finished(outcome, thrown, limit);
  }

  #finished(outcome: AttemptOutcome, thrown?: unknown, limit?: Limit): void {
    const { watcher } = this.operation;
    if (watcher !== undefined) {
      const { calledAt = outcome.at, healthyFor } = this;
      const duration = Math.max(0, outcome.at - calledAt);
      watcher.attemptEnded({ outcome, thrown, limit, duration, healthyFor });
    }
    this.end(outcome);
  }

  /** Milliseconds of the call, where its breaker counts slow ones. */
  protected took({ calledAt }: CallContext, now: number): { readonly duration?: number } {
    if (!this.operation.policy.timed || calledAt === undefined) return {};
    return { duration: Math.max(0, now - calledAt) };
  }
}
