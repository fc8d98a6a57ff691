import type { Verdict } from '../../machines/operation/types.ts';
import type { Limit } from '../../machines/vocabulary.ts';
import { MAX_DURATION } from '../duration.ts';
import type { Random } from '../ports.ts';
import { checkedDelay } from '../strategies/checked-delay.ts';
import type { Policy } from './policy.ts';

/** What a verdict rests on besides the error. */
export interface Circumstances {
  /** Retries spent before this failure. */
  readonly retries: number;
  readonly previousDelay: number | null;
  readonly previousDraw: number | null;
  readonly deadline: number | null;
  readonly now: number;
  readonly random: Random;
  /** The limit that this very failure ran into. */
  readonly limit?: Limit;
}

/** What a classifier took from a server's answer may be anything. */
const wished = (retryAfter: unknown): number =>
  typeof retryAfter === 'number' && Number.isFinite(retryAfter)
    ? Math.min(Math.max(0, Math.round(retryAfter)), MAX_DURATION)
    : 0;

/** Classifies a failure and draws the delay; whether it is retried is the chart's decision. */
export function verdictOn(policy: Policy, error: unknown, facts: Circumstances): Verdict {
  const { category, retryable, rule, retryAfter } = policy.classifier.explain(error);
  const drawn = checkedDelay(policy.strategy, facts.retries + 1, {
    random: facts.random,
    error,
    ...(facts.previousDelay === null ? {} : { previousDelay: facts.previousDelay }),
    ...(facts.previousDraw === null ? {} : { previousDraw: facts.previousDraw }),
  });
  // A server that says when to come back is not asked sooner.
  const delay = Math.max(drawn.delay, wished(retryAfter));
  const dueAt = facts.now + delay;
  const limit =
    facts.limit ??
    (facts.deadline !== null && dueAt >= facts.deadline ? 'totalTimeout' : undefined);
  return {
    category,
    rule,
    retryable: retryable || facts.limit !== undefined,
    // The caller's own mistakes say nothing about the health of what it calls.
    counts: category !== 'validation' && category !== 'permission',
    strategy: policy.strategy.name,
    delay,
    dueAt,
    ...(drawn.draw === undefined ? {} : { draw: drawn.draw }),
    ...(limit === undefined ? {} : { limit }),
  };
}
