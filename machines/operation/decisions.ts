import type { PermitDenied, PermitGranted } from '../permit.ts';
import type { Reason } from '../vocabulary.ts';
import { NO_COUNTS } from './counts.ts';
import { IGNORED } from './permits.ts';
import { by, type Change, type Recorded, record } from './record.ts';
import type { GateInput, OperationContext, OperationInput, Wait } from './types.ts';

/** What the arrows write that are not about how an attempt ended. Pure: everything comes from the context and the event. */

export const NO_WAIT: Wait = Object.freeze({
  dueAt: null,
  remaining: null,
  delay: null,
  draw: null,
});

export function initial(input: OperationInput): OperationContext {
  const { previous, policy, trace } = input;
  const { seed } = policy;
  const context: OperationContext = {
    v: 3,
    operationId: input.operationId,
    name: input.name,
    policy,
    attempt: previous?.attempt ?? 0,
    counts: NO_COUNTS,
    held: null,
    wait: NO_WAIT,
    troubledAt: null,
    outcome: IGNORED,
    ending: null,
    undos: null,
    error: null,
    last: {
      seq: (previous?.seq ?? 0) + 1,
      event: previous === undefined ? 'create' : 'retry',
      at: input.at,
      reason:
        previous === undefined
          ? { kind: 'created', message: 'created', seed }
          : { ...previous.reason, seed },
    },
  };
  const traced = trace === undefined ? context : { ...context, trace };
  const undone = previous?.undone;
  return undone === undefined ? traced : { ...traced, undone };
}

export function granted(context: OperationContext, event: PermitGranted): Change {
  const { wait } = context;
  return {
    attempt: context.attempt + 1,
    held: { generation: event.generation },
    wait: wait === NO_WAIT ? wait : overWith(wait),
    ...record(context, event.trigger, event.at, null),
  };
}

/** What was owed was paid with the permit. */
function overWith({ owed, ...wait }: Wait): Wait {
  const over = { ...wait, dueAt: null, remaining: null };
  return owed === undefined ? over : { ...over, paid: owed };
}

/** Two arrows in one: into `in_progress` to ask, and out of it with the answer. */
function denied(context: OperationContext, event: PermitDenied, reason: Reason) {
  const dueAt = event.retryAt;
  return {
    wait: { ...context.wait, dueAt },
    last: {
      seq: context.last.seq + 2,
      event: event.type,
      at: event.at,
      reason: dueAt === null ? reason : { ...reason, dueAt },
    },
  };
}

export function refused(context: OperationContext, event: PermitDenied) {
  const message = `the circuit breaker is ${event.breaker}`;
  const { wait, last } = denied(context, event, { kind: 'circuit_open', message });
  return {
    wait: { ...wait, dueAt: null },
    last,
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
  if (event.breaker === 'budget') {
    const message = 'waits until the retry budget can pay for it';
    const { owed: cost } = context.wait;
    const reason: Reason = { kind: 'budget_empty', message };
    return denied(context, event, cost === undefined ? reason : { ...reason, cost });
  }
  const message = `waits for the circuit breaker, which is ${event.breaker}`;
  return denied(context, event, { kind: 'circuit_open', message });
}

/** What the gate has to know of a denial. */
export function gateInput(
  { operationId, wait, policy }: OperationContext,
  event: { readonly type: string; readonly breaker?: string },
): GateInput {
  const input = { operationId, retryAt: wait.dueAt, deadline: policy.deadline };
  return event.breaker === 'budget' ? { ...input, cost: wait.owed ?? 0 } : input;
}

/** Its time is over before it could begin, or begin again. */
const expired = (event: string, waitedFor: string) => (context: OperationContext, at: number) => {
  const message = `totalTimeout ran out while it waited for ${waitedFor}`;
  const limit = 'totalTimeout';
  return {
    ...record(context, event, at, { kind: 'limit', message, limit }),
    wait: { ...context.wait, dueAt: null },
    error: context.error ?? { name: 'AttemptTimeoutError', code: 'ATTEMPT_TIMEOUT', message },
  };
};
export const lockExpired = expired('expire', 'its lock');
export const startExpired = expired('expire', 'its start');
export const gateExpired = expired('gate.expired', 'the circuit breaker');
export const slotExpired = expired('slot.expired', 'a slot');

/** Its turn with the lock has not come, or has. */
export function locked(
  context: OperationContext,
  event: { readonly at: number; readonly holder: string },
): Change {
  const message = `waits for the lock "${context.policy.lock}", which "${event.holder}" has`;
  return record(context, 'lock.wait', event.at, { kind: 'lock', message });
}
export function unlocked(context: OperationContext, at: number): Change {
  const message = `has the lock "${context.policy.lock}"`;
  return record(context, 'lock.granted', at, { kind: 'lock', message });
}

export function cancelled(
  context: OperationContext,
  event: { readonly at: number; readonly reason?: string | undefined; readonly by?: string },
): Recorded {
  const message =
    event.reason === undefined ? 'it was cancelled' : `it was cancelled: ${event.reason}`;
  return {
    ...record(context, 'cancel', event.at, { kind: 'cancelled', message, ...by(event) }),
    wait: { ...context.wait, dueAt: null },
    error: {
      name: 'OperationCancelledError',
      code: 'OPERATION_CANCELLED',
      message,
      details: event.reason === undefined ? {} : { reason: event.reason },
      ...(context.error === null ? {} : { cause: context.error }),
    },
  };
}

export function paused(
  context: OperationContext,
  event: { readonly at: number; readonly by?: string },
): Change {
  const { dueAt } = context.wait;
  const remaining = dueAt === null ? null : Math.max(0, dueAt - event.at);
  return {
    ...record(context, 'pause', event.at, {
      kind: 'paused',
      message: 'it was paused',
      ...by(event),
    }),
    wait: { ...context.wait, remaining, dueAt: null },
  };
}

export function continued(
  context: OperationContext,
  event: { readonly at: number; readonly by?: string },
): Change {
  const dueAt = event.at + (context.wait.remaining ?? 0);
  return {
    ...record(context, 'resume', event.at, {
      kind: 'continued',
      message: 'it goes on',
      dueAt,
      ...by(event),
    }),
    wait: { ...context.wait, remaining: null, dueAt },
  };
}
