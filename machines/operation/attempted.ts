import type { Reason } from '../vocabulary.ts';
import { afterRetry, retriesLeft, retryCount } from './counts.ts';
import { outcomeOf, payment } from './permits.ts';
import { type Change, type Recorded, record } from './record.ts';
import type { AttemptOutcome, OperationContext, Verdict } from './types.ts';

/** What the arrows write that follow the end of an attempt. Pure. */

type Success = Extract<AttemptOutcome, { kind: 'succeeded' }>;
type Failure = Extract<AttemptOutcome, { kind: 'failed' }>;
type Cut = Extract<AttemptOutcome, { kind: 'interrupted' | 'suspended' }>;

/** For arrows whose guard has told how the attempt ended. */
export const success = (outcome: AttemptOutcome) => outcome as Success;
export const failure = (outcome: AttemptOutcome) => outcome as Failure;
export const cut = (outcome: AttemptOutcome) => outcome as Cut;

export function mayRetry(context: OperationContext, outcome: AttemptOutcome): boolean {
  if (outcome.kind !== 'failed') return false;
  const { verdict } = outcome;
  return verdict.retryable && verdict.limit === undefined && retriesLeft(context, verdict.category);
}

/** Whether an attempt that is not followed by another has exhausted the operation; otherwise it has failed. */
export const exhausts = (outcome: AttemptOutcome): boolean =>
  outcome.kind === 'interrupted' || (outcome.kind === 'failed' && outcome.verdict.retryable);

export function succeeded(context: OperationContext, outcome: Success): Change {
  const { retries, interruptions } = context.counts;
  const message =
    retries + interruptions > 0 ? `succeeded at attempt ${context.attempt}` : 'succeeded';
  const reason: Reason = { kind: 'succeeded', message };
  return {
    ...record(
      context,
      'attempt.succeeded',
      outcome.at,
      outcome.hedged === undefined ? reason : { ...reason, hedged: outcome.hedged },
    ),
    outcome: outcomeOf(context, outcome),
    undos: null,
    error: null,
  };
}

function why({ category, rule, retryAfter }: Verdict) {
  return retryAfter === undefined ? { category, rule } : { category, rule, retryAfter };
}

export function retrying(context: OperationContext, { at, error, verdict }: Failure): Change {
  const { retries, limit, own } = retryCount(context, verdict.category);
  const which = own === undefined ? '' : ` of ${own} errors`;
  return {
    ...record(context, 'attempt.failed', at, {
      kind: 'retry',
      message: `${error.message}; retry ${retries + 1} of ${limit}${which} in ${verdict.delay} ms`,
      ...why(verdict),
      delay: verdict.delay,
      strategy: verdict.strategy,
      dueAt: verdict.dueAt,
      ...(verdict.draw === undefined ? {} : { draw: verdict.draw }),
      ...(verdict.cost === undefined ? {} : { cost: verdict.cost }),
    }),
    counts: afterRetry(context, verdict),
    held: null,
    wait: {
      dueAt: verdict.dueAt,
      remaining: null,
      delay: verdict.delay,
      draw: verdict.draw ?? null,
      ...(own === undefined ? {} : { category: own }),
      ...payment(context, verdict.cost),
    },
    troubledAt: context.troubledAt ?? at,
    error,
  };
}

/** The attempt ended without a verdict of its own; another one follows at once. */
export function cutShort(context: OperationContext, { kind, at }: Cut): Change {
  const { counts, policy, attempt } = context;
  const died = kind === 'interrupted';
  const interruptions = counts.interruptions + (died ? 1 : 0);
  return {
    ...record(context, `attempt.${kind}`, at, {
      kind,
      message: died
        ? `its process died during attempt ${attempt}; interruption ${interruptions} of at most ${policy.maxInterruptions}`
        : `its process was shut down during attempt ${attempt}`,
      delay: 0,
      dueAt: at,
    }),
    counts: { ...counts, interruptions },
    held: null,
    // The delay and its draw stay: the next one may be reckoned from them, as if nothing had come in between.
    wait: { ...context.wait, dueAt: at },
    troubledAt: context.troubledAt ?? at,
  };
}

/** No attempt follows: it has failed, or is exhausted. */
export function over(context: OperationContext, outcome: AttemptOutcome) {
  if (outcome.kind === 'interrupted') return interruptedTooOften(context, outcome.at);
  const failed = failure(outcome);
  return {
    ...record(
      context,
      'attempt.failed',
      outcome.at,
      failed.verdict.retryable ? limitReason(failed) : notRetryable(failed),
    ),
    outcome: outcomeOf(context, outcome),
    error: failed.error,
  };
}

function limitReason({ error, verdict }: Failure): Reason {
  const limit = verdict.limit ?? 'maxRetries';
  const message =
    limit === 'retryAfter'
      ? `${error.message}; the server asks for ${verdict.retryAfter} ms, longer than the policy waits`
      : `${error.message}; ${limit} ran out`;
  return { kind: 'limit', message, ...why(verdict), limit };
}

function notRetryable({ error, verdict }: Failure): Reason {
  const because = verdict.problem ?? `${verdict.category} errors like this are not retried`;
  return { kind: 'not_retryable', message: `${error.message}; ${because}`, ...why(verdict) };
}

function interruptedTooOften(context: OperationContext, at: number) {
  const interruptions = context.counts.interruptions + 1;
  const message = `its process died ${interruptions} times during an attempt`;
  return {
    ...record(context, 'attempt.interrupted', at, {
      kind: 'limit',
      message,
      limit: 'maxInterruptions',
    }),
    counts: { ...context.counts, interruptions },
    error: context.error ?? { name: 'InterruptedError', message },
  };
}

/** The attempt actor itself broke, which its contract forbids; the event has no instant. */
export function broken(context: OperationContext, thrown: unknown): Recorded {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    ...record(context, 'attempt.error', context.last.at, { kind: 'internal', message }),
    error: { name: 'InternalError', message },
  };
}
