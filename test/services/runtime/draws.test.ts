import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drawnSeed, drawsOf, seedOf } from '../../../services/runtime/draws.ts';

const test = suite('draws');
const MAX_SEED = 2 ** 32 - 1;
/** The first draws of seed 1: schedules that were told to somebody must stay what they were. */
const PINNED = [0.26919032586738467, 0.27886975836008787, 0.3883683541789651];

/** Draws of one stream. */
const take = (count: number, seed: number, n: number): number[] => {
  const random = drawsOf(seed, n);
  return Array.from({ length: count }, () => random());
};

test('a seed and a number always give the same draws', () => {
  assert.equal(take(3, 1, 1), PINNED);
  assert.equal(take(5, 123, 4), take(5, 123, 4));
});

test('they lie in [0, 1), whatever the seed and the number', () => {
  for (const seed of [0, 1, 2 ** 31, MAX_SEED]) {
    for (const n of [1, 2, 10_000, 2 ** 31]) {
      for (const draw of take(4, seed, n)) assert.ok(draw >= 0 && draw < 1);
    }
  }
});

test('neighbouring seeds, numbers and draws have nothing to do with each other', () => {
  const streams = {
    seeds: Array.from({ length: 10_000 }, (_, seed) => drawsOf(seed, 1)()),
    numbers: Array.from({ length: 10_000 }, (_, n) => drawsOf(42, n + 1)()),
    draws: take(10_000, 42, 1),
  };
  for (const [name, draws] of Object.entries(streams)) {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const draw of draws)
      tenths[Math.floor(draw * 10)] = (tenths[Math.floor(draw * 10)] ?? 0) + 1;
    // 1,000 in each tenth, give or take four standard deviations of 30.
    for (const count of tenths) assert.ok(Math.abs(count - 1_000) < 120, `${name}: ${tenths}`);
    const rises = draws.slice(1).filter((draw, index) => draw > (draws[index] ?? 0)).length;
    assert.ok(Math.abs(rises - 5_000) < 120, `${name}: ${rises} rises`);
    assert.is(new Set(draws).size > 9_950, true, name);
  }
});

test('a seed is an integer of 32 bits, whatever the source of randomness gives', () => {
  assert.is(
    drawnSeed(() => 0),
    0,
  );
  assert.is(
    drawnSeed(() => 1 - Number.EPSILON / 2),
    MAX_SEED,
  );
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, -3.7, 1, 'x' as unknown as number]) {
    const seed = drawnSeed(() => odd);
    assert.ok(Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED);
  }
});

test('the seed of a text is always the same, and another for another text', () => {
  assert.is(seedOf('a'), seedOf('a'));
  const seeds = new Set(Array.from({ length: 1_000 }, (_, index) => seedOf(`o-${index}`)));
  assert.is(seeds.size, 1_000);
});

test.run();
