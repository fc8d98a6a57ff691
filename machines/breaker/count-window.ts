import type { Call, CountWindow } from './window-types.ts';

const FAILED = 1;
const SLOW = 2;
/** Calls in a word: 30 bits, which V8 holds without an allocation. */
const IN_A_WORD = 15;

export const empty = (size: number): CountWindow => ({
  kind: 'count',
  size,
  calls: 0,
  next: 0,
  words: [],
  failures: 0,
  slow: 0,
});

export const counted = (window: CountWindow, { failed, slow }: Call): CountWindow =>
  filled(window, [(failed ? FAILED : 0) | (slow ? SLOW : 0)]);

/** The same calls in a window of another size: the youngest of them. */
export const resized = (window: CountWindow, size: number): CountWindow =>
  size === window.size ? window : filled(empty(size), codes(window).slice(-size));

/** Failures since the last call that succeeded. */
export function failuresInARow(window: CountWindow): number {
  const all = codes(window);
  const last = all.findLastIndex(code => (code & FAILED) === 0);
  return all.length - 1 - last;
}

/** A window whose calls all failed. */
export const failing = (size: number, failures: number): CountWindow =>
  filled(empty(size), Array<number>(Math.min(size, failures)).fill(FAILED));

function filled(window: CountWindow, added: readonly number[]): CountWindow {
  let { calls, next, failures, slow } = window;
  const words = window.words.slice();
  for (const code of added) {
    const place = Math.floor(next / IN_A_WORD);
    const shift = (next % IN_A_WORD) * 2;
    const word = words[place] ?? 0;
    const forgotten = calls === window.size ? (word >>> shift) & 3 : 0;
    if (calls < window.size) calls++;
    failures += (code & FAILED) - (forgotten & FAILED);
    slow += ((code & SLOW) - (forgotten & SLOW)) / SLOW;
    words[place] = (word & ~(3 << shift)) | (code << shift);
    next = (next + 1) % window.size;
  }
  return { kind: 'count', size: window.size, calls, next, words, failures, slow };
}

/** Oldest first. */
function codes({ size, calls, next, words }: CountWindow): number[] {
  return Array.from({ length: calls }, (_, index) => {
    const place = (next - calls + index + size) % size;
    return ((words[Math.floor(place / IN_A_WORD)] ?? 0) >>> ((place % IN_A_WORD) * 2)) & 3;
  });
}
