import { retriesLeft, retryCount } from '../../machines/operation/counts.ts';
import type { OperationContext, Verdict } from '../../machines/operation/types.ts';
import type { Limit } from '../../machines/vocabulary.ts';
import { checkedClassification } from '../classification/checked-classification.ts';
import { MAX_DURATION } from '../duration.ts';
import { errorToJson } from '../error-json.ts';
import { ConfigError } from '../errors.ts';
import type { Classification, ErrorCategory, Random, RecoveryStrategy } from '../ports.ts';
import { type CheckedDelay, checkedDelay } from '../strategies/checked-delay.ts';
import { drawsOf } from './draws.ts';
import type { Policy } from './policy.ts';

/** What a verdict rests on besides the error. */
export interface Circumstances {
  /** The limits that the operation began with, what it has spent of them, and its last wait. */
  readonly operation: Pick<OperationContext, 'policy' | 'counts' | 'wait'>;
  readonly now: number;
  /** The limit that this very failure ran into. */
  readonly limit?: Limit;
  /** There was healthy progress for long enough that the backoff begins anew. @default false */
  readonly anew?: boolean;
  /** Whether the retry budget has so many tokens. Asked only for a retry that nothing else forbids. @default it has */
  readonly canPay?: (cost: number) => boolean;
  /** @default the draws of the operation's seed for its next retry */
  readonly random?: Random;
}

/** A verdict, and the error that it is about: the attempt's own, or a ConfigError with that as its cause where the policy itself is broken. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly error: unknown;
}

/**
 * Judges a failure: its category, whether a retry can help, when it would come, what it would cost, and which limit forbids it. Whether it is
 * retried is the chart's decision. Never throws: user code that does is part of the judgement.
 */
export function verdictOn(policy: Policy, error: unknown, facts: Circumstances): Judgement {
  const { operation, now } = facts;
  let classified: Classification;
  try {
    classified = checkedClassification(policy.classifier, error);
  } catch (problem) {
    return brokenClassifier(policy, error, problem as ConfigError, now);
  }
  const { category, rule } = classified;
  const strategy = policy.strategies[category] ?? policy.strategy;
  const asked = wished(classified.retryAfter);
  const known = {
    category,
    rule,
    counts: policy.recordFailure(category, error),
    strategy: strategy.name,
    ...(asked === 0 ? {} : { retryAfter: asked }),
  };
  const ends = { ...known, delay: 0, dueAt: now };
  // What a limit has cut off would have been tried again.
  if (facts.limit !== undefined) {
    return { error, verdict: { ...ends, retryable: true, limit: facts.limit } };
  }
  // That no retries are left is the chart's to say; a delay is not drawn for it.
  if (!classified.retryable || !retriesLeft(operation, category)) {
    return { error, verdict: { ...ends, retryable: classified.retryable } };
  }
  let drawn: CheckedDelay;
  try {
    drawn = delayOf(strategy, category, error, facts);
  } catch (thrown) {
    return brokenStrategy(ends, error, thrown as ConfigError);
  }
  // A server that says when to come back is not asked sooner.
  const delay = Math.max(drawn.delay, asked);
  const dueAt = now + delay;
  const cost = costOf(policy, operation, category);
  const limit =
    limitOf(policy, strategy, asked, dueAt, operation.policy.deadline) ?? budgetLimit(cost, facts);
  return {
    error,
    verdict: {
      ...known,
      retryable: true,
      delay,
      dueAt,
      ...(drawn.draw === undefined ? {} : { draw: drawn.draw }),
      ...(limit === undefined ? {} : { limit }),
      ...(facts.anew ? { anew: true } : {}),
      ...(cost === 0 ? {} : { cost }),
    },
  };
}

function delayOf(
  strategy: RecoveryStrategy,
  category: ErrorCategory,
  error: unknown,
  { operation, anew = false, random }: Circumstances,
): CheckedDelay {
  const { policy, counts, wait } = operation;
  const { streak, own } = retryCount(operation, category);
  // Delays grow from those of the same count; another one's say nothing.
  const follows = !anew && streak > 0 && wait.category === own;
  return checkedDelay(strategy, anew ? 1 : streak + 1, {
    random: random ?? drawsOf(policy.seed, counts.retries + 1),
    error,
    ...(follows && wait.delay !== null ? { previousDelay: wait.delay } : {}),
    ...(follows && wait.draw !== null ? { previousDraw: wait.draw } : {}),
  });
}

/** What a classifier took from a server's answer may be anything. */
const wished = (retryAfter: unknown): number =>
  typeof retryAfter === 'number' && Number.isFinite(retryAfter)
    ? Math.min(Math.max(0, Math.round(retryAfter)), MAX_DURATION)
    : 0;

/** The limit that forbids a retry at that instant. */
function limitOf(
  { longRetryAfter }: Policy,
  { maxDelay }: RecoveryStrategy,
  asked: number,
  dueAt: number,
  deadline: number | null,
): Limit | undefined {
  if (longRetryAfter === 'end' && maxDelay !== undefined && asked > maxDelay) return 'retryAfter';
  return deadline !== null && dueAt >= deadline ? 'totalTimeout' : undefined;
}

/** Where it waits instead, the breaker is asked when the retry is due. */
function budgetLimit(cost: number, { operation, canPay }: Circumstances): Limit | undefined {
  if (cost === 0 || operation.policy.budget?.whenEmpty !== 'fail') return undefined;
  return canPay === undefined || canPay(cost) ? undefined : 'budget';
}

/** One that began without a budget pays nothing. */
const costOf = (
  { budget }: Policy,
  { policy }: Circumstances['operation'],
  category: ErrorCategory,
): number => (policy.budget === undefined ? 0 : (budget?.costs[category] ?? 0));

/** A strategy that gives no usable delay ends the operation, rather than in a hot loop. */
function brokenStrategy(
  ends: Omit<Verdict, 'retryable'>,
  cause: unknown,
  problem: ConfigError,
): Judgement {
  const { message, details } = problem;
  const thrown = problem.cause === undefined ? {} : { thrown: errorToJson(problem.cause).message };
  return {
    error: new ConfigError(message, { cause, details: { ...details, ...thrown } }),
    verdict: { ...ends, retryable: false, problem: 'there is no retry without a delay' },
  };
}

/** A classifier that gives no usable category ends the operation. */
function brokenClassifier(
  policy: Policy,
  cause: unknown,
  { message, details }: ConfigError,
  now: number,
): Judgement {
  return {
    error: new ConfigError(message, { cause, details }),
    verdict: {
      category: 'unknown',
      rule: 'classifier',
      retryable: false,
      counts: policy.recordFailure('unknown', cause),
      strategy: policy.strategy.name,
      delay: 0,
      dueAt: now,
      problem: 'there is no retry without a category',
    },
  };
}
