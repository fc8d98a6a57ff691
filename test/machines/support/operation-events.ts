import type { OperationPolicy, Verdict } from '../../../machines/operation/types.ts';

/** Events of the operation chart, as its runtime and its breaker would send them. */
export const AT = 5_000;

export const policy: OperationPolicy = {
  maxRetries: 1,
  maxInterruptions: 1,
  whenOpen: 'fail',
  deadline: null,
  seed: 1,
};

export const verdict: Verdict = {
  category: 'network',
  rule: 'code:ECONNRESET',
  retryable: true,
  counts: true,
  strategy: 'fixed',
  delay: 100,
  draw: 0.5,
  dueAt: AT + 100,
};

export const error = { name: 'Error', message: 'reset' };
export const start = { type: 'start', at: AT } as const;
export const cancel = { type: 'cancel', at: AT, reason: 'no need', by: 'me' } as const;
export const pause = { type: 'pause', at: AT, by: 'me' } as const;
export const resume = { type: 'resume', at: AT, by: 'me' } as const;
export const granted = { type: 'permit.granted', generation: 7, at: AT, trigger: 'start' } as const;
export const denied = {
  type: 'permit.denied',
  breaker: 'open',
  retryAt: AT + 900,
  at: AT,
} as const;

const attempted = <const Output>(output: Output) =>
  ({ type: 'xstate.done.actor.attempt', output }) as const;
export const succeeded = attempted({ kind: 'succeeded', at: AT });
export const failed = attempted({ kind: 'failed', at: AT, error, verdict });
export const refused = attempted({
  kind: 'failed',
  at: AT,
  error,
  verdict: { ...verdict, category: 'validation', retryable: false, counts: false },
});
export const outOfTime = attempted({
  kind: 'failed',
  at: AT,
  error,
  verdict: { ...verdict, limit: 'totalTimeout' },
});
export const interrupted = attempted({ kind: 'interrupted', at: AT });
export const suspended = attempted({ kind: 'suspended', at: AT });
export const broken = { type: 'xstate.error.actor.attempt', error: 'it broke' } as const;
export const due = { type: 'xstate.done.actor.timer', output: { at: AT } } as const;
export const released = {
  type: 'xstate.done.actor.gate',
  output: { kind: 'released', at: AT },
} as const;
export const expired = {
  type: 'xstate.done.actor.gate',
  output: { kind: 'expired', at: AT },
} as const;

export const expire = { type: 'expire', at: AT } as const;
export const lockWait = { type: 'lock.wait', at: AT, holder: 'other' } as const;
export const lockGranted = { type: 'lock.granted', at: AT } as const;
export const poor = { ...denied, breaker: 'budget', retryAt: null } as const;
export const slotFree = {
  type: 'xstate.done.actor.slot',
  output: { kind: 'released', at: AT },
} as const;
export const slotExpired = {
  type: 'xstate.done.actor.slot',
  output: { kind: 'expired', at: AT },
} as const;
const stoodIn = <const Output>(output: Output) =>
  ({ type: 'xstate.done.actor.fallback', output }) as const;
export const fallbackSucceeded = stoodIn({ kind: 'succeeded', at: AT });
export const fallbackError = { name: 'Error', message: 'nothing cached' };
export const fallbackFailed = stoodIn({ kind: 'failed', at: AT, error: fallbackError });
export const fallbackInterrupted = stoodIn({ kind: 'interrupted', at: AT });
export const fallbackSuspended = stoodIn({ kind: 'suspended', at: AT });
export const fallbackBroken = {
  type: 'xstate.error.actor.fallback',
  error: 'it broke',
} as const;

export const registered = { type: 'undo.registered', name: 'remove', input: '"a"' } as const;
export const registeredToo = { type: 'undo.registered', name: 'close', input: null } as const;
const undone = <const Output>(output: Output) =>
  ({ type: 'xstate.done.actor.undo', output }) as const;
export const undoSucceeded = undone({ kind: 'succeeded', at: AT });
export const undoFailed = undone({ kind: 'failed', at: AT, error, verdict });
export const undoRefused = undone({
  kind: 'failed',
  at: AT,
  error,
  verdict: { ...verdict, category: 'validation', retryable: false },
});
export const undoInterrupted = undone({ kind: 'interrupted', at: AT });
export const undoSuspended = undone({ kind: 'suspended', at: AT });
export const undoBroken = { type: 'xstate.error.actor.undo', error: 'it broke' } as const;

export const everyEvent = [
  start,
  expire,
  lockWait,
  lockGranted,
  cancel,
  pause,
  resume,
  granted,
  denied,
  poor,
  succeeded,
  failed,
  refused,
  outOfTime,
  interrupted,
  suspended,
  broken,
  due,
  released,
  expired,
  slotFree,
  slotExpired,
  fallbackSucceeded,
  fallbackFailed,
  fallbackInterrupted,
  fallbackSuspended,
  fallbackBroken,
  registered,
  registeredToo,
  undoSucceeded,
  undoFailed,
  undoRefused,
  undoInterrupted,
  undoSuspended,
  undoBroken,
];
export type ChartEvent = (typeof everyEvent)[number];
