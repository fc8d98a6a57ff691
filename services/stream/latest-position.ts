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
  // In the end nothing is beyond this.
  let bound = since;
  let step = 1;
  for (let found = await after(bound); found !== undefined; found = await after(bound)) {
    known = found;
    bound = known + step;
    step *= 2;
  }
  while (known < bound) {
    const middle = Math.floor((known + bound) / 2);
    const later = await after(middle);
    if (later === undefined) bound = middle;
    else known = later;
  }
  return known;
}

/** The greatest position of a store that is written to. One read each time, once it is known where to look. */
export class LatestPosition {
  readonly #read: ReadTransitions;
  #known = 0;

  constructor(read: ReadTransitions) {
    this.#read = read;
  }

  /** A transition there is durable. */
  heard(position: number): void {
    this.#known = Math.max(this.#known, position);
  }

  /** 0 where there is no transition. */
  async find(): Promise<number> {
    this.heard(await latestPosition(this.#read, this.#known));
    return this.#known;
  }
}
