import { RecoveryClosedError } from '../../services/errors.ts';
import type { OperationHandle, Recovery } from '../../services/ports.ts';
import { follow } from './display/follow.ts';
import type { Display, Status } from './display/status.ts';
import { Interrupts } from './interrupts.ts';

export interface Attended {
  /** In the order of the handles; empty when it was interrupted before there were any. */
  readonly outcomes: readonly PromiseSettledResult<unknown>[];
  /** Somebody stopped it; what had not ended is durable. */
  readonly interrupted: boolean;
  /** What was last known of an operation. */
  current(id: string): Status | undefined;
}

/**
 * Shows operations until each has ended or the process is asked to stop, which closes the recovery.
 * @param statuses what is known of them before they run
 * @param start sets them going; called when nothing of what follows can be missed any more
 */
export async function attend(
  recovery: Recovery,
  display: Display,
  statuses: readonly Status[],
  start: () => Promise<readonly OperationHandle[]>,
): Promise<Attended> {
  const following = follow(recovery, statuses, display);
  const stop = () => {
    display.note('stopping; once more to stop at once');
    // Its failure shows in the outcomes, and again when the store is closed at the end.
    recovery.close().catch(() => undefined);
  };
  // A terminal must get its cursor back, however the process ends.
  const interrupts = new Interrupts(stop, () => display.stop());
  const current = (id: string) => following.current(id);
  try {
    const handles = await start();
    const outcomes = await Promise.allSettled(handles.map(handle => handle.result()));
    return { outcomes, interrupted: interrupts.interrupted && !outcomes.every(ended), current };
  } catch (error) {
    if (!interrupts.interrupted) throw error;
    return { outcomes: [], interrupted: true, current };
  } finally {
    interrupts.release();
    following.stop();
    display.stop();
  }
}

/** Whether the operation itself came to its end. */
export function ended(outcome: PromiseSettledResult<unknown>): boolean {
  return outcome.status === 'fulfilled' || !(outcome.reason instanceof RecoveryClosedError);
}
