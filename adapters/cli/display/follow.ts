import type { Progress } from '../../../services/ports.ts';
import type { Workplace } from '../workplace/workplace.ts';
import { type Display, isFinal, type Status, transferProgress } from './status.ts';

/**
 * Shows every change and progress of operations, until the function that it resolves to is called.
 * @param known what is known of each at the moment; kept up to date
 * @param told hears of their progress too
 */
export function follow(
  place: Workplace,
  known: Map<string, Status>,
  display: Display,
  told: (progress: Progress) => void,
): Promise<() => void> {
  const set = (status: Status, changed: boolean) => {
    known.set(status.id, status);
    display.show(status, changed);
  };
  return place.follow([...known.keys()], {
    transition({ operationId, to: state, attempt, reason }) {
      const status = known.get(operationId);
      if (status !== undefined) set({ ...status, state, attempt, reason }, true);
    },
    progress(progress) {
      const { operationId, attempt, value } = progress;
      const status = known.get(operationId);
      const transfer = transferProgress(value);
      // From a server it may come a moment after the end.
      if (status === undefined || transfer === undefined || isFinal(status.state)) return;
      // A new phase is news, as a new state is.
      const changed = transfer.phase !== status.progress?.phase;
      set({ ...status, attempt, progress: transfer }, changed);
      told(progress);
    },
    note: line => display.note(line),
  });
}
