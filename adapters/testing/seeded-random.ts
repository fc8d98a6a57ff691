import { ConfigError } from '../../services/errors.ts';
import type { Random } from '../../services/ports.ts';

const TWO_TO_32 = 2 ** 32;

/**
 * Uniform numbers in [0, 1) that are the same for the same seed: mulberry32 by Tommy Ettinger (public domain;
 * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). Good enough for tests, not for secrets.
 * @param seed an integer; only its lowest 32 bits count
 * @throws ConfigError for a seed that is not an integer
 */
export function seededRandom(seed: number): Random {
  if (!Number.isInteger(seed)) {
    throw new ConfigError(`seed must be an integer, got ${String(seed)}`);
  }
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TWO_TO_32;
  };
}
