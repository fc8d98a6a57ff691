import type { Transition, TransitionQuery } from '../ports.ts';

/** Reads transitions after a position. */
export type ReadTransitions = (query: TransitionQuery) => Promise<readonly Transition[]>;

/**
 * The greatest position in the store that is greater than `since`; `since` where there is none. Some dozens of reads of one row at most: doubling steps
 * as long as something is found, then halving ones (Bentley and Yao, "An almost optimal algorithm for unbounded searching", 1976).
 */
export async function latestPosition(read: ReadTransitions, since: number): Promise<number> {
  const after = async (position: number): Promise<number | undefined> =>
    (await read({ since: position, limit: 1 }))[0]?.position;
  let known = since;
  let step = 1;
  let found = await after(known);
  while (found !== undefined) {
    known = found;
    found = await after(known + step);
    step *= 2;
  }
  // Nothing is beyond this.
  let bound = known + step;
  while (known < bound) {
    const middle = Math.floor((known + bound) / 2);
    const later = await after(middle);
    if (later === undefined) bound = middle;
    else known = later;
  }
  return known;
}
