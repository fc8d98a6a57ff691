import type { Transition, TransitionCount } from '../../services/ports.ts';
import { TransitionCounts } from '../transition-counts.ts';

/** What `arrowsQuery` finds: the words of an arrow by lines, how often, and the last position among them. */
export type ArrowRow = readonly [arrow: string, count: number, position: number];

/** Transitions that are looked at in one query, some 15 ms: the SQL thread has other things to do in between. */
const AT_ONCE = 10_000;

/** Counts every transition of the store, part after part. */
export async function countTransitions(
  read: (since: number, limit: number) => Promise<readonly ArrowRow[]>,
): Promise<readonly TransitionCount[]> {
  const counts = new TransitionCounts();
  let since = 0;
  for (;;) {
    const rows = await read(since, AT_ONCE);
    let seen = 0;
    for (const [arrow, count, position] of rows) {
      const [kind, from, to, event = '', reasonKind] = arrow.split('\n') as [
        Transition['kind'],
        Transition['to'] | '',
        Transition['to'],
        string?,
        string?,
      ];
      counts.add({ kind, from: from || null, to, event }, reasonKind || null, count);
      seen += count;
      since = Math.max(since, position);
    }
    if (seen < AT_ONCE) return counts.all();
  }
}
