import type { ReasonKind, Transition } from '../../services/ports.ts';

export type TransitionLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where the reason says more than the state. */
const BY_REASON: { readonly [Kind in ReasonKind]?: TransitionLevel } = {
  cancelled: 'info',
  paused: 'info',
  continued: 'info',
  operator_retry: 'info',
  succeeded: 'info',
  retry: 'warn',
  interrupted: 'warn',
  suspended: 'info',
  fallback: 'warn',
  undo: 'info',
  undo_retry: 'warn',
  undo_failed: 'error',
  circuit_open: 'warn',
  lock: 'info',
  budget_empty: 'warn',
  would_trip: 'warn',
  isolated: 'warn',
  forced_closed: 'warn',
  metrics_only: 'warn',
  configured: 'debug',
};

const BY_STATE: { readonly [State in Transition['to']]: TransitionLevel } = {
  pending: 'debug',
  in_progress: 'debug',
  recovering: 'warn',
  success: 'info',
  failed: 'error',
  exhausted: 'error',
  closed: 'info',
  open: 'warn',
  half_open: 'info',
  isolated: 'warn',
  forced_closed: 'warn',
  metrics_only: 'warn',
};

/** An operation that succeeds at once is one line at `info`. */
export function levelOf({ kind, to, reason }: Transition): TransitionLevel {
  // A bad end that nobody asked for is an error, whatever led to it.
  if (kind === 'operation' && (to === 'failed' || to === 'exhausted')) {
    return reason?.kind === 'cancelled' ? 'info' : 'error';
  }
  return (reason === null ? undefined : BY_REASON[reason.kind]) ?? BY_STATE[to];
}
