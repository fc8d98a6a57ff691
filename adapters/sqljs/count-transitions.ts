import type { Transition, TransitionCount } from '../../services/ports.ts';
import { TransitionCounts } from '../transition-counts.ts';

/** What `arrowsQuery` finds: the words of an arrow by lines, how often, and the last position among them. */
export type ArrowRow = readonly [arrow: string, count: number, position: number];

/** Transitions that are looked at in one query, some 20 ms: the SQL thread has other things to do in between. */
const AT_ONCE = 10_000;

/** Counts the transitions of the store, part after part; what was counted once is not looked at again. */
export class CountedTransitions {
  #counts = new TransitionCounts();
  /** The last position that is counted. */
  #since = 0;

  /** Transitions were removed, nobody knows which: it begins anew. */
  forget(): void {
    this.#counts = new TransitionCounts();
    this.#since = 0;
  }

  async upToDate(
    read: (since: number, limit: number) => Promise<readonly ArrowRow[]>,
  ): Promise<readonly TransitionCount[]> {
    for (;;) {
      const counts = this.#counts;
      const since = this.#since;
      const rows = await read(since, AT_ONCE);
      // Meanwhile another call has counted them, or it began anew.
      if (counts !== this.#counts || since !== this.#since) continue;
      let seen = 0;
      for (const [arrow, count, position] of rows) {
        counts.add(...arrowOf(arrow), count);
        seen += count;
        this.#since = Math.max(this.#since, position);
      }
      if (seen < AT_ONCE) return counts.all();
    }
  }
}

function arrowOf(lines: string) {
  const [kind, from, to, event = '', reasonKind] = lines.split('\n') as [
    Transition['kind'],
    Transition['to'] | '',
    Transition['to'],
    string?,
    string?,
  ];
  return [{ kind, from: from || null, to, event }, reasonKind || null] as const;
}
