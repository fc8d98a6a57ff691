import type { Limit } from '../../machines/vocabulary.ts';
import { errorToJson } from '../error-json.ts';
import { AttemptTimeoutError } from '../errors.ts';
import { fromJson, toStrictJson } from '../json.ts';
import { Call } from './call.ts';
import { verdictOn } from './verdict.ts';

/** One call of an operation's function. Its number is durable before the function is called. */
export class Attempt extends Call {
  protected invoke(): unknown {
    const { operation } = this;
    const { timed, resetAfter } = operation.policy;
    if (timed || resetAfter !== undefined) this.calledAt = this.around.clock.now();
    return operation.definition.fn(fromJson(operation.args), this);
  }

  /** Sets the alarm of the nearer of the two limits. */
  protected arm(): boolean {
    const { timeout } = this.operation.policy;
    const { deadline } = this.operation.actor.getSnapshot().context.policy;
    if (timeout === undefined && deadline === null) return true;
    const now = this.around.clock.now();
    const end = timeout === undefined ? Number.POSITIVE_INFINITY : now + timeout;
    const total = deadline !== null && deadline <= end;
    if (total && deadline <= now) {
      this.#timeOut('totalTimeout');
      return false;
    }
    this.alarm(total ? deadline : end, () => this.#timeOut(total ? 'totalTimeout' : undefined));
    return true;
  }

  #timeOut(limit: Limit | undefined): void {
    const which = limit ?? 'timeout';
    // The deadline may be that of another operation, which has handed it down.
    const what =
      limit === undefined
        ? `timeout of ${this.operation.policy.timeout} ms`
        : `deadline, ${new Date(this.deadline ?? 0).toISOString()}`;
    const error = new AttemptTimeoutError(
      `attempt ${this.attempt} of operation "${this.id}" (${this.name}) ran into its ${what}`,
      { details: { operationId: this.id, attempt: this.attempt, limit: which } },
    );
    this.giveUp(error);
    this.failed(error, limit);
  }

  protected succeed(value: unknown): void {
    const { operation } = this;
    try {
      operation.result = toStrictJson(value, `the output of "${this.name}"`);
      operation.output = value;
    } catch (error) {
      this.failed(error);
      return;
    }
    const at = this.around.clock.now();
    this.end({ kind: 'succeeded', at, ...this.#took(at) });
  }

  protected fail(thrown: unknown, limit: Limit | undefined): void {
    const { operation, around } = this;
    const { context } = operation.actor.getSnapshot();
    const now = around.clock.now();
    const { verdict, error } = verdictOn(operation.policy, thrown, {
      operation: context,
      now,
      anew: this.#gotOnWell(),
      canPay: cost => around.canPay(operation.breakerKey, cost, now),
      ...(limit === undefined ? {} : { limit }),
    });
    operation.thrown = error;
    this.end({
      kind: 'failed',
      at: now,
      error: errorToJson(error),
      verdict,
      ...this.#took(now),
    });
  }

  /** Milliseconds of the call, where its breaker counts slow ones. */
  #took(now: number): { readonly duration?: number } {
    if (!this.operation.policy.timed || this.calledAt === undefined) return {};
    return { duration: Math.max(0, now - this.calledAt) };
  }

  #gotOnWell(): boolean {
    const { resetAfter } = this.operation.policy;
    const { calledAt, healthyAt } = this;
    if (resetAfter === undefined || calledAt === undefined || healthyAt === undefined) return false;
    return healthyAt - calledAt >= resetAfter;
  }
}
