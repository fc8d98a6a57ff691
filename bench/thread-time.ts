import { readFileSync } from 'node:fs';

/**
 * Milliseconds that the main thread has been on a processor; NaN where the system does not tell (other than Linux).
 * Unlike the wall clock it does not count what other programs on the machine take.
 */
export function mainThreadTime(): number {
  try {
    return (
      Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
    );
  } catch {
    return Number.NaN;
  }
}
