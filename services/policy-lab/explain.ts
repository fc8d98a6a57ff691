import { errorToJson } from '../error-json.ts';
import type { Decision, Explanation } from '../ports.ts';
import { Problems } from '../problems.ts';
import type { Policy } from '../runtime/policy.ts';
import { decisionOn } from './decision.ts';
import { Trial } from './trial.ts';

/** From the least to the most that an operation can draw. */
const DRAWS = [0, 0.25, 0.5, 0.75, 1 - 2 ** -32];
const EXTREMES = [0, 0.5, 1 - 2 ** -32];
const MIDDLE = 0.5;

/**
 * What a policy says about an error at an attempt, where all attempts before it failed in the same way: by the runtime's own verdict and the
 * chart's own arrows. The breaker lets it try, the budget is full, and the time in all has just begun.
 * @param attempt the attempt that failed, from 1
 * @param now epoch milliseconds
 * @throws ConfigError for an attempt that is not an integer >= 1
 */
export function explain(policy: Policy, error: unknown, attempt: number, now: number): Explanation {
  const problems = new Problems();
  const fits = Number.isSafeInteger(attempt) && attempt >= 1;
  problems.check(fits, 'attempt', attempt, 'must be an integer >= 1');
  problems.throwIfAny('explain');
  const trial = new Trial(policy, error, now);
  const operation = trial.at(attempt, MIDDLE);
  const { verdict, error: told } = trial.judge(operation, MIDDLE);
  const outcome = { kind: 'failed', at: now, error: errorToJson(told), verdict } as const;
  const { decision, fallback, context } = decisionOn(operation, outcome);
  const retries = decision === 'retry';
  const range = retries && verdict.draw !== undefined ? rangeOf(trial, attempt) : undefined;
  const { category, rule, retryable, counts, strategy, delay, retryAfter, cost } = verdict;
  const { reason } = context.last;
  return {
    decision: decision as Exclude<Decision, 'succeed'>,
    category,
    rule,
    retryable,
    counts,
    ...(reason?.limit === undefined ? {} : { limit: reason.limit }),
    strategy,
    ...(retries ? { delay } : {}),
    ...(range === undefined ? {} : { delayRange: range }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(cost === undefined ? {} : { cost }),
    ...(fallback ? { fallback } : {}),
    message: [
      `attempt ${attempt} fails with ${category === 'unknown' ? 'an' : 'a'} ${category} error (${rule}): ${reason?.message}`,
      ...(range === undefined ? [] : [`drawn from ${range[0]} to ${range[1]} ms`]),
      ...(counts ? [] : ['the breaker does not count it']),
      ...(fallback ? ['the fallback stands in'] : []),
    ].join('; '),
  };
}

/** Delays may hang on the draws before them, too. For a strategy of the user's it is what these draws show of it. */
function rangeOf(trial: Trial, attempt: number): readonly [number, number] {
  const delays = EXTREMES.flatMap(before => {
    const operation = trial.at(attempt, before);
    return DRAWS.map(draw => trial.judge(operation, draw).verdict.delay);
  });
  return [Math.min(...delays), Math.max(...delays)];
}
