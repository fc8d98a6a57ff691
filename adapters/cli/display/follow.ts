import type { Recovery } from '../../../services/ports.ts';
import { type Display, type Status, transferProgress } from './status.ts';

/**
 * Shows every change and progress of the given operations, until the function that it returns is called.
 * @param statuses what is known of each at the moment
 */
export function follow(
  recovery: Recovery,
  statuses: readonly Status[],
  display: Display,
): { current(id: string): Status | undefined; stop(): void } {
  const known = new Map(statuses.map(status => [status.id, status]));
  const set = (status: Status, changed: boolean) => {
    known.set(status.id, status);
    display.show(status, changed);
  };
  const transitions = recovery.transitions$.subscribe(transition => {
    if (transition.kind !== 'operation') return;
    const status = known.get(transition.operationId);
    if (status === undefined) return;
    const { to: state, attempt, reason } = transition;
    set({ ...status, state, attempt, reason }, true);
  });
  const progress = recovery.progress$.subscribe(({ operationId, attempt, value }) => {
    const status = known.get(operationId);
    const transfer = transferProgress(value);
    if (status === undefined || transfer === undefined) return;
    set({ ...status, attempt, progress: transfer }, false);
  });
  return {
    current: id => known.get(id),
    stop: () => {
      transitions.unsubscribe();
      progress.unsubscribe();
    },
  };
}
