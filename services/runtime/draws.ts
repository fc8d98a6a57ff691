import type { Random } from '../ports.ts';

/** The golden ratio's part of 2^32, made odd: the step of a Weyl sequence, which visits every number once. */
const STEP = 0x9e3779b9;
const TWO_TO_32 = 2 ** 32;

/**
 * The random numbers of an operation's n-th verdict, in [0, 1), so that whoever knows the seed can work them out again.
 * SplitMix ("Fast Splittable Pseudorandom Number Generators", Steele, Lea and Flood, OOPSLA 2014) in 32 bits: the verdict's number splits a
 * generator off, whose state begins at a mixed place and goes on by the same step.
 * @param seed an integer of 32 bits
 * @param n from 1
 */
export function drawsOf(seed: number, n: number): Random {
  let state = mix(seed + Math.imul(n, STEP));
  return () => {
    state = (state + STEP) | 0;
    return mix(state) / TWO_TO_32;
  };
}

/** lowbias32 by Chris Wellons (https://github.com/skeeto/hash-prospector, public domain): 32 bits, each of which hangs on all. */
function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A seed from whatever the source of randomness gives. */
export const drawnSeed = (random: Random): number => (random() * TWO_TO_32) >>> 0;

/** A seed that is always the same for a text: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), mixed. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}
