import type { RecoveryUpdate } from './wire.ts';

/**
 * The state within a state after a transition, by why it happened. Good enough for a row; an operation's own chart is replayed exactly.
 */
export function pathAfter({ state, reason, from_state, event }: RecoveryUpdate): string {
  const kind = reason?.kind;
  switch (state) {
    case 'pending':
      if (kind === 'paused') return 'pending.paused';
      return event === 'lock.wait' ? 'pending.locked' : 'pending.queued';
    case 'in_progress':
      if (kind === 'undo') return 'in_progress.undoing';
      return from_state === 'in_progress' ? 'in_progress.falling_back' : 'in_progress.running';
    case 'recovering':
      if (kind === 'paused') return 'recovering.paused';
      if (reason?.undo != null) return 'recovering.undoing';
      if (kind === 'circuit_open' || kind === 'budget_empty') return 'recovering.blocked';
      return 'recovering.backoff';
    default:
      return state;
  }
}
