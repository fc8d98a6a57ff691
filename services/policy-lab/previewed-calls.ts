import type {
  AttemptInput,
  AttemptOutcome,
  FallbackOutcome,
  Verdict,
} from '../../machines/operation/types.ts';
import type { Limit, Reason } from '../../machines/vocabulary.ts';
import { errorToJson } from '../error-json.ts';
import type { BreakerState, PreviewedAttempt } from '../ports.ts';
import type { OperationRef } from '../runtime/operation-snapshot.ts';
import type { Policy } from '../runtime/policy.ts';
import {
  attemptTimedOut,
  fallbackTimedOut,
  type TimeLimit,
  timeLimitOf,
} from '../runtime/time-limits.ts';
import { at, type Begin } from '../runtime/timers.ts';
import { verdictOn } from '../runtime/verdict.ts';
import type { Played, PreviewScript } from './preview-options.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface PreviewedCallsOptions {
  readonly clock: VirtualClock;
  readonly policy: Policy;
  readonly script: PreviewScript;
  readonly id: string;
  readonly name: string;
  readonly operation: () => OperationRef;
  readonly breakerState: () => BreakerState;
  readonly canPay: (cost: number, now: number) => boolean;
}

type Failure = Extract<Played, { kind: 'failure' }>;

/** Stands in for the calls of a user's functions: they end as the script says. Judged by the runtime's verdict, limited by its time limits. */
export class PreviewedCalls {
  readonly attempts: PreviewedAttempt[] = [];
  readonly #options: PreviewedCallsOptions;
  /** Attempts begun. */
  #begun = 0;

  constructor(options: PreviewedCallsOptions) {
    this.#options = options;
  }

  /** The chart has made a retry of the last verdict, or not. */
  decided(reason: Reason | null): void {
    const last = this.attempts.pop();
    if (last === undefined) return;
    const { delay, draw } = reason ?? {};
    this.attempts.push({
      ...last,
      ...(delay === undefined ? {} : { delay }),
      ...(draw === undefined ? {} : { draw }),
    });
  }

  /** What the chart's `attempt` actor begins. */
  attempt(): Begin<AttemptInput> {
    return ({ attempt }, self) => {
      const { script, breakerState } = this.#options;
      const { outcomes } = script;
      const played = outcomes[Math.min(this.#begun++, outcomes.length - 1)] as Played;
      const call = new PreviewedCall(this.#options, attempt, played, breakerState());
      const forget = call.endsWith(({ outcome, shown }) => {
        this.attempts.push(shown);
        self.send({ type: 'end', output: outcome });
      });
      return how => {
        forget();
        if (how === 'stopped') this.attempts.push(call.cancelled());
      };
    };
  }

  /** What the chart's `fallback` actor begins. */
  fallback(): Begin<AttemptInput> {
    return ({ attempt }, self) => {
      const { clock, policy, script, id, name } = this.#options;
      const { fallback } = script;
      const { timeout } = policy;
      const late = timeout !== undefined && fallback.duration >= timeout;
      const instant = clock.now() + (late ? timeout : fallback.duration);
      const error = late ? fallbackTimedOut({ id, name, attempt }, timeout) : errorOf(fallback);
      return clock.when(instant, () => {
        const failed = late || fallback.kind === 'failure';
        const output: FallbackOutcome = failed
          ? { kind: 'failed', at: clock.now(), error: errorToJson(error) }
          : { kind: 'succeeded', at: clock.now() };
        self.send({ type: 'end', output });
      });
    };
  }
}

const errorOf = (played: Played): unknown => (played.kind === 'failure' ? played.error : undefined);

interface End {
  readonly outcome: AttemptOutcome;
  readonly shown: PreviewedAttempt;
}

/** One call of a preview. */
class PreviewedCall {
  readonly #options: PreviewedCallsOptions;
  readonly #attempt: number;
  readonly #played: Played;
  readonly #breaker: BreakerState;
  readonly #begunAt: number;

  constructor(
    options: PreviewedCallsOptions,
    attempt: number,
    played: Played,
    breaker: BreakerState,
  ) {
    this.#options = options;
    this.#attempt = attempt;
    this.#played = played;
    this.#breaker = breaker;
    this.#begunAt = options.clock.now();
  }

  /** Calls `fn` when it ends by itself; returns what forgets that. An order to cancel comes also when it has ended. */
  endsWith(fn: (end: End) => void): () => void {
    const { clock, policy, operation } = this.#options;
    const { deadline } = operation().getSnapshot().context.policy;
    const now = this.#begunAt;
    const limit = timeLimitOf(policy.timeout, deadline, now);
    const order = this.#played.kind === 'cancelled';
    const own = order ? Number.POSITIVE_INFINITY : now + this.#played.duration;
    // What is due at the same instant as the end of its time is too late.
    const late = limit !== undefined && limit.at <= own;
    const endsAt = late ? Math.max(now, limit.at) : own;
    const forget =
      endsAt === Number.POSITIVE_INFINITY
        ? () => {}
        : clock.when(endsAt, () => fn(late ? this.#timedOut(limit) : this.#over()));
    if (order) {
      at(clock, now + this.#played.duration, () => {
        const cancel = { type: 'cancel', at: clock.now() } as const;
        if (operation().getSnapshot().status === 'active') operation().send(cancel);
      });
    }
    return forget;
  }

  cancelled(): PreviewedAttempt {
    return this.#shown('cancelled');
  }

  #timedOut(limit: TimeLimit): End {
    const { id, name, policy } = this.#options;
    const attempt = this.#attempt;
    const error = attemptTimedOut({ id, name, attempt }, limit, policy.timeout);
    return this.#failed(error, limit.limit);
  }

  #over(): End {
    const now = this.#options.clock.now();
    const played = this.#played;
    if (played.kind === 'failure') return this.#failed(played.error, undefined, played);
    if (played.kind === 'interrupted') {
      return { outcome: { kind: 'interrupted', at: now }, shown: this.#shown('interrupted') };
    }
    const outcome = { kind: 'succeeded', at: now, ...this.#took(now) } as const;
    return { outcome, shown: this.#shown('succeeded') };
  }

  #failed(thrown: unknown, limit: Limit | undefined, played?: Failure): End {
    const { operation, canPay, clock } = this.#options;
    const now = clock.now();
    const { verdict, error } = verdictOn(this.#policyOf(played), thrown, {
      operation: operation().getSnapshot().context,
      now,
      anew: this.#gotOnWell(now, played === undefined),
      canPay: cost => canPay(cost, now),
      ...(limit === undefined ? {} : { limit }),
    });
    const json = errorToJson(error);
    const outcome = { kind: 'failed', at: now, error: json, verdict, ...this.#took(now) } as const;
    return { outcome, shown: this.#shown('failed', verdict, json.message) };
  }

  /** The policy, for which the server has asked for what the script says. */
  #policyOf({ retryAfter }: Partial<Failure> = {}): Policy {
    const { policy } = this.#options;
    if (retryAfter === undefined) return policy;
    const explain = (error: unknown) => ({ ...policy.classifier.explain(error), retryAfter });
    const classify = (error: unknown) => explain(error).category;
    const shouldRetry = (error: unknown) => explain(error).retryable;
    return { ...policy, classifier: { classify, shouldRetry, explain } };
  }

  /** @param cut its time was over, and what is due at that instant comes too late */
  #gotOnWell(now: number, cut: boolean): boolean {
    const { resetAfter } = this.#options.policy;
    if (resetAfter === undefined || this.#played.kind !== 'failure') return false;
    const { progress } = this.#played;
    const lasted = now - this.#begunAt;
    if (progress === undefined || (cut ? progress >= lasted : progress > lasted)) return false;
    return progress >= resetAfter;
  }

  /** Milliseconds of the call, where the breaker counts slow ones. */
  #took(now: number): { readonly duration?: number } {
    return this.#options.policy.timed ? { duration: now - this.#begunAt } : {};
  }

  #shown(
    outcome: PreviewedAttempt['outcome'],
    verdict?: Verdict,
    error?: string,
  ): PreviewedAttempt {
    return {
      attempt: this.#attempt,
      at: this.#begunAt,
      endedAt: this.#options.clock.now(),
      outcome,
      breaker: this.#breaker,
      ...(verdict === undefined ? {} : { verdict }),
      ...(error === undefined ? {} : { error }),
    };
  }
}
