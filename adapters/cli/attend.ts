import { RecoveryClosedError } from '../../services/errors.ts';
import type { Progress } from '../../services/ports.ts';
import { follow } from './display/follow.ts';
import type { Display, Status } from './display/status.ts';
import { Interrupts } from './interrupts.ts';
import type { Running, Workplace } from './workplace/workplace.ts';

export interface Attended {
  /** In the order of what was started; empty when it was interrupted before there was any. */
  readonly outcomes: readonly PromiseSettledResult<unknown>[];
  /** Somebody stopped it; what had not ended is durable. */
  readonly interrupted: boolean;
  /** What was last known of an operation. */
  current(id: string): Status | undefined;
}

/**
 * Shows operations until each has ended or the process is asked to stop, which leaves the workplace.
 * @param statuses what is known of them before they run
 * @param start sets them going; called when nothing of what follows can be missed any more
 * @param told hears of their progress too
 */
export async function attend(
  place: Workplace,
  display: Display,
  statuses: readonly Status[],
  start: () => Promise<readonly Running[]>,
  told: (progress: Progress) => void = () => {},
): Promise<Attended> {
  const known = new Map(statuses.map(status => [status.id, status]));
  const stop = () => {
    display.note('stopping; once more to stop at once');
    place.leave();
  };
  // A terminal must get its cursor back, however the process ends.
  const interrupts = new Interrupts(stop, () => display.stop());
  const current = (id: string) => known.get(id);
  let end = () => {};
  try {
    end = await follow(place, known, display, told);
    const running = await start();
    const outcomes = await place.outcomes(running);
    return { outcomes, interrupted: interrupts.interrupted && !outcomes.every(ended), current };
  } catch (error) {
    if (!interrupts.interrupted) throw error;
    return { outcomes: [], interrupted: true, current };
  } finally {
    interrupts.release();
    end();
    display.stop();
  }
}

/** Whether the operation itself came to its end. */
export function ended(outcome: PromiseSettledResult<unknown>): boolean {
  return outcome.status === 'fulfilled' || !(outcome.reason instanceof RecoveryClosedError);
}
