import type { Work } from './slices.ts';

export type RowNumbers = Uint32Array<ArrayBuffer>;

/** Rows between two places at which the work may stop. */
const STRIDE = 2_048;
/** Runs that are sorted at once, before they are merged. */
const RUN = 512;

/** Sorts row numbers, stably, and yields between. `compare` must not change meanwhile. */
export function* sorted(
  rows: RowNumbers,
  compare: (a: number, b: number) => number,
): Work<RowNumbers> {
  for (let start = 0; start < rows.length; start += RUN) {
    rows.subarray(start, start + RUN).sort(compare);
    yield;
  }
  let from = rows;
  let to = new Uint32Array(rows.length);
  for (let width = RUN; width < rows.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      yield* mergedInto(to, from, start, start + width, start + 2 * width, compare);
    }
    [from, to] = [to, from];
  }
  return from;
}

function* mergedInto(
  to: RowNumbers,
  from: RowNumbers,
  start: number,
  middle: number,
  end: number,
  compare: (a: number, b: number) => number,
): Work<void> {
  const leftEnd = Math.min(middle, from.length);
  const rightEnd = Math.min(end, from.length);
  let left = start;
  let right = leftEnd;
  for (let at = start; at < rightEnd; at += 1) {
    if ((at - start) % STRIDE === STRIDE - 1) yield;
    const fromLeft =
      left < leftEnd && (right >= rightEnd || compare(from[left] ?? 0, from[right] ?? 0) <= 0);
    to[at] = (fromLeft ? from[left++] : from[right++]) ?? 0;
  }
}

/** Two sorted lists as one, in a single pass. */
export function merged(
  a: RowNumbers,
  b: RowNumbers,
  compare: (a: number, b: number) => number,
): RowNumbers {
  const all = new Uint32Array(a.length + b.length);
  let left = 0;
  let right = 0;
  for (let at = 0; at < all.length; at += 1) {
    const fromLeft =
      left < a.length && (right >= b.length || compare(a[left] ?? 0, b[right] ?? 0) <= 0);
    all[at] = (fromLeft ? a[left++] : b[right++]) ?? 0;
  }
  return all;
}
