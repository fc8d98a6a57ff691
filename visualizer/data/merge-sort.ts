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
      yield;
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

/** Two sorted lists as one. The second is short: its places are looked for, and what lies between is copied as it is. */
export function merged(
  many: RowNumbers,
  few: RowNumbers,
  compare: (a: number, b: number) => number,
): RowNumbers {
  const all = new Uint32Array(many.length + few.length);
  let from = 0;
  few.forEach((row, index) => {
    const place = placeOf(row, many, from, compare);
    all.set(many.subarray(from, place), from + index);
    all[place + index] = row;
    from = place;
  });
  all.set(many.subarray(from), from + few.length);
  return all;
}

/** The first place, from one on, at which a row may be put in. */
function placeOf(
  row: number,
  rows: RowNumbers,
  from: number,
  compare: (a: number, b: number) => number,
): number {
  let least = from;
  let most = rows.length;
  while (least < most) {
    const middle = (least + most) >>> 1;
    if (compare(rows[middle] ?? 0, row) <= 0) least = middle + 1;
    else most = middle;
  }
  return least;
}
