import type { PermitDenied, PermitGranted, PermitReturn } from '../permit.ts';
import type { Reason } from '../vocabulary.ts';
import type { AttemptOutcome, OperationContext, OperationInput, Verdict } from './types.ts';

/** What each arrow writes into the context. Pure: everything comes from the context and the event. */

type Change = Partial<OperationContext>;
type Failure = Extract<AttemptOutcome, { kind: 'failed' }>;

/** For arrows whose guard has told that the attempt failed. */
export const failure = (outcome: AttemptOutcome) => outcome as Failure;

/** A recorded transition. */
const record = (context: OperationContext, event: string, at: number, reason: Reason | null) => ({
  last: { seq: context.last.seq + 1, event, at, reason },
});

export function initial(input: OperationInput): OperationContext {
  const { previous } = input;
  return {
    v: 1,
    operationId: input.operationId,
    name: input.name,
    policy: input.policy,
    attempt: previous?.attempt ?? 0,
    retries: 0,
    interruptions: 0,
    generation: null,
    dueAt: null,
    remaining: null,
    delay: null,
    draw: null,
    troubledAt: null,
    outcome: 'ignored',
    error: null,
    last: {
      seq: (previous?.seq ?? 0) + 1,
      event: previous === undefined ? 'create' : 'retry',
      at: input.at,
      reason: previous?.reason ?? null,
    },
  };
}

export function granted(context: OperationContext, event: PermitGranted): Change {
  return {
    attempt: context.attempt + 1,
    generation: event.generation,
    dueAt: null,
    remaining: null,
    ...record(context, event.trigger, event.at, null),
  };
}

/** Two arrows in one: into `in_progress` to ask, and out of it with the answer. */
function denied(context: OperationContext, event: PermitDenied, message: string): Change {
  const dueAt = event.retryAt;
  const reason: Reason = { kind: 'circuit_open', message };
  return {
    dueAt,
    last: {
      seq: context.last.seq + 2,
      event: event.type,
      at: event.at,
      reason: dueAt === null ? reason : { ...reason, dueAt },
    },
  };
}

export function refused(context: OperationContext, event: PermitDenied): Change {
  const message = `the circuit breaker is ${event.breaker}`;
  return {
    ...denied(context, event, message),
    dueAt: null,
    error: {
      name: 'CircuitOpenError',
      code: 'CIRCUIT_OPEN',
      message,
      details: { openUntil: event.retryAt },
      ...(context.error === null ? {} : { cause: context.error }),
    },
  };
}

export function blocked(context: OperationContext, event: PermitDenied): Change {
  return denied(context, event, `waits for the circuit breaker, which is ${event.breaker}`);
}

export function succeeded(context: OperationContext, at: number): Change {
  const recovered = context.retries + context.interruptions > 0;
  const message = recovered ? `succeeded at attempt ${context.attempt}` : 'succeeded';
  return {
    ...record(context, 'attempt.succeeded', at, { kind: 'succeeded', message }),
    outcome: 'success',
    error: null,
  };
}

const outcomeOf = ({ counts }: Verdict) => (counts ? 'failure' : 'ignored');

function why(verdict: Verdict): Pick<Reason, 'category' | 'rule'> {
  return { category: verdict.category, rule: verdict.rule };
}

export function retrying(context: OperationContext, { at, error, verdict }: Failure): Change {
  return {
    ...record(context, 'attempt.failed', at, {
      kind: 'retry',
      message: `${error.message}; retry ${context.retries + 1} of ${context.policy.maxRetries} in ${verdict.delay} ms`,
      ...why(verdict),
      delay: verdict.delay,
      strategy: verdict.strategy,
      dueAt: verdict.dueAt,
      ...(verdict.draw === undefined ? {} : { draw: verdict.draw }),
    }),
    retries: context.retries + 1,
    generation: null,
    dueAt: verdict.dueAt,
    delay: verdict.delay,
    draw: verdict.draw ?? null,
    troubledAt: context.troubledAt ?? at,
    error,
  };
}

export function limited(context: OperationContext, { at, error, verdict }: Failure): Change {
  const limit = verdict.limit ?? 'maxRetries';
  return {
    ...record(context, 'attempt.failed', at, {
      kind: 'limit',
      message: `${error.message}; ${limit} ran out`,
      ...why(verdict),
      limit,
    }),
    outcome: outcomeOf(verdict),
    error,
  };
}

export function rejected(context: OperationContext, { at, error, verdict }: Failure): Change {
  return {
    ...record(context, 'attempt.failed', at, {
      kind: 'not_retryable',
      message: `${error.message}; ${verdict.category} errors like this are not retried`,
      ...why(verdict),
    }),
    outcome: outcomeOf(verdict),
    error,
  };
}

/** The attempt ended without a verdict of its own; another one follows at once. */
export function cutShort(
  context: OperationContext,
  kind: 'interrupted' | 'suspended',
  at: number,
): Change {
  const died = kind === 'interrupted';
  return {
    ...record(context, `attempt.${kind}`, at, {
      kind,
      message: died
        ? `its process died during attempt ${context.attempt}; interruption ${context.interruptions + 1} of at most ${context.policy.maxInterruptions}`
        : `its process was shut down during attempt ${context.attempt}`,
      delay: 0,
      dueAt: at,
    }),
    interruptions: context.interruptions + (died ? 1 : 0),
    generation: null,
    dueAt: at,
    delay: 0,
    troubledAt: context.troubledAt ?? at,
  };
}

export function interruptedTooOften(context: OperationContext, at: number): Change {
  const interruptions = context.interruptions + 1;
  const message = `its process died ${interruptions} times during an attempt`;
  return {
    ...record(context, 'attempt.interrupted', at, {
      kind: 'limit',
      message,
      limit: 'maxInterruptions',
    }),
    interruptions,
    error: context.error ?? { name: 'InterruptedError', message },
  };
}

export function expired(context: OperationContext, at: number): Change {
  const message = 'totalTimeout ran out while it waited for the circuit breaker';
  return {
    ...record(context, 'gate.expired', at, { kind: 'limit', message, limit: 'totalTimeout' }),
    dueAt: null,
    error: context.error ?? { name: 'AttemptTimeoutError', code: 'ATTEMPT_TIMEOUT', message },
  };
}

export function cancelled(
  context: OperationContext,
  event: { readonly at: number; readonly reason?: string | undefined; readonly by?: string },
): Change {
  const message =
    event.reason === undefined ? 'it was cancelled' : `it was cancelled: ${event.reason}`;
  return {
    ...record(context, 'cancel', event.at, {
      kind: 'cancelled',
      message,
      ...(event.by === undefined ? {} : { by: event.by }),
    }),
    dueAt: null,
    error: {
      name: 'OperationCancelledError',
      code: 'OPERATION_CANCELLED',
      message,
      details: event.reason === undefined ? {} : { reason: event.reason },
      ...(context.error === null ? {} : { cause: context.error }),
    },
  };
}

/** The attempt actor itself broke, which its contract forbids; the event has no instant. */
export function broken(context: OperationContext, thrown: unknown): Change {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    ...record(context, 'attempt.error', context.last.at, { kind: 'internal', message }),
    error: { name: 'InternalError', message },
  };
}

export function paused(
  context: OperationContext,
  event: { readonly at: number; readonly by?: string },
): Change {
  return {
    ...record(context, 'pause', event.at, {
      kind: 'paused',
      message: 'it was paused',
      ...(event.by === undefined ? {} : { by: event.by }),
    }),
    remaining: context.dueAt === null ? null : Math.max(0, context.dueAt - event.at),
    dueAt: null,
  };
}

export function continued(
  context: OperationContext,
  event: { readonly at: number; readonly by?: string },
): Change {
  const dueAt = event.at + (context.remaining ?? 0);
  return {
    ...record(context, 'resume', event.at, {
      kind: 'continued',
      message: 'it goes on',
      dueAt,
      ...(event.by === undefined ? {} : { by: event.by }),
    }),
    remaining: null,
    dueAt,
  };
}

/** The permit as it goes back after a failed attempt that is tried again; null when none is held. */
export function returnAfter(context: OperationContext, outcome: AttemptOutcome) {
  const failed = outcome.kind === 'failed';
  return permit(
    context,
    failed ? outcomeOf(outcome.verdict) : 'ignored',
    outcome.at,
    failed ? outcome.error.message : undefined,
  );
}

/** The permit as it goes back with the final state; null when none is held. */
export function returnAtEnd(context: OperationContext): PermitReturn | null {
  return permit(context, context.outcome, context.last.at, context.error?.message);
}

function permit(
  context: OperationContext,
  outcome: PermitReturn['outcome'],
  at: number,
  message: string | undefined,
): PermitReturn | null {
  if (context.generation === null) return null;
  const { operationId, generation } = context;
  const told = { operationId, generation, outcome, at };
  return message === undefined ? told : { ...told, message };
}
