import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import type { RecoveryStrategy } from '../../../services/ports.ts';
import {
  checkedDelay,
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
  LinearBackoffStrategy,
} from '../../../services/strategies/index.ts';
import { many } from '../../support/extent.ts';

const test = suite('properties of all strategies');
const CENTURY = 3_155_760_000_000;
const RUNS = { seed: 20_260_101, numRuns: many(3_000, 750) };

/** Numbers from nothing to the edge of what a double holds. */
const size = fc.oneof(
  fc.constantFrom(0, Number.MIN_VALUE, 1, 1_000, Number.MAX_SAFE_INTEGER, 1e300, Number.MAX_VALUE),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
);
const draw = fc.oneof(
  fc.constantFrom(0, 0.5, 1 - Number.EPSILON / 2),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
);
const attempt = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.constantFrom(1_023, 1_024, 1_025, 1_074, 1_075, 10_000, 1_000_000),
  fc.integer({ min: 1, max: 1_000_000 }),
);
const flat = fc.constantFrom('none' as const, 'full' as const, 'equal' as const);
const limits = fc
  .tuple(size, size)
  .map(([a, b]) => ({ initialDelay: Math.min(a, b), maxDelay: Math.max(a, b) }));
const factor = fc.oneof(
  fc.constantFrom(1, 1 + Number.EPSILON, 2, 10, Number.MAX_VALUE),
  fc.double({ min: 1, max: 100, noNaN: true }),
);

const linear = fc
  .tuple(limits, size, flat)
  .map(([limit, increment, jitter]) => new LinearBackoffStrategy({ ...limit, increment, jitter }));
const exponential = fc
  .tuple(limits, factor, flat)
  .map(
    ([limit, backoffFactor, jitter]) =>
      new ExponentialBackoffStrategy({ ...limit, backoffFactor, jitter }),
  );
const decorrelated = limits.map(
  limit => new ExponentialBackoffStrategy({ ...limit, jitter: 'decorrelated' }),
);
const fixed = fc
  .tuple(size, flat)
  .map(([delay, jitter]) => new FixedDelayStrategy({ delay, jitter }));
const anyStrategy: fc.Arbitrary<RecoveryStrategy> = fc.oneof(
  linear,
  exponential,
  decorrelated,
  fixed,
);

test('a delay is a number from 0 to the cap, whatever the options, the attempt and the draws', () => {
  fc.assert(
    fc.property(anyStrategy, attempt, draw, draw, (strategy, number, random, previousDraw) => {
      const context = { random: () => random, previousDraw };
      const delay = strategy.calculateDelay(number, context);
      assert.ok(Number.isFinite(delay), `${strategy.name} gave ${delay}`);
      assert.ok(delay >= 0 && delay <= (strategy.maxDelay ?? Number.MAX_VALUE), String(delay));
      assert.is(strategy.calculateDelay(number, context), delay, 'the same draws, the same delay');
      const checked = checkedDelay(strategy, number, context).delay;
      assert.ok(Number.isInteger(checked) && checked <= CENTURY, String(checked));
    }),
    RUNS,
  );
});

test('without jitter no delay is shorter than the one before, and no draw is made', () => {
  const random = () => assert.unreachable('a draw') as never;
  const plain = fc.oneof(
    fc
      .tuple(limits, size)
      .map(([limit, increment]) => new LinearBackoffStrategy({ ...limit, increment })),
    fc
      .tuple(limits, factor)
      .map(([limit, backoffFactor]) => new ExponentialBackoffStrategy({ ...limit, backoffFactor })),
  );
  fc.assert(
    fc.property(plain, attempt, attempt, (strategy, a, b) => {
      const sooner = strategy.calculateDelay(Math.min(a, b), { random });
      const later = strategy.calculateDelay(Math.max(a, b), { random });
      assert.ok(sooner <= later, `${sooner} then ${later}`);
    }),
    RUNS,
  );
});

test('full jitter stays below the delay, equal jitter in its upper half', () => {
  fc.assert(
    fc.property(limits, factor, attempt, draw, (limit, backoffFactor, number, random) => {
      const by = (jitter: 'none' | 'full' | 'equal') =>
        new ExponentialBackoffStrategy({ ...limit, backoffFactor, jitter }).calculateDelay(number, {
          random: () => random,
        });
      const [none, full, equal] = [by('none'), by('full'), by('equal')];
      assert.ok(
        full <= none && equal <= none + Number.MIN_VALUE,
        `${full} and ${equal} of ${none}`,
      );
      // Half of the smallest doubles is rounded, up or down.
      assert.ok(equal >= none / 2 - Number.MIN_VALUE, `${equal} of ${none}`);
    }),
    RUNS,
  );
});

test('a larger draw never makes a shorter delay', () => {
  fc.assert(
    fc.property(anyStrategy, attempt, draw, draw, draw, (strategy, number, a, b, previousDraw) => {
      const low = { random: () => Math.min(a, b), previousDraw };
      const high = { random: () => Math.max(a, b), previousDraw };
      assert.ok(strategy.calculateDelay(number, low) <= strategy.calculateDelay(number, high));
    }),
    RUNS,
  );
});

test('decorrelated delays stay below four times the doubled delay, as Polly specifies', () => {
  // App-vNext/Polly test/Polly.Core.Tests/Retry/RetryHelperTests.cs, DecorrelatedJitterBackoffV2_Meets_Specification
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3_600_000 }),
      fc.integer({ min: 1, max: 900 }),
      draw,
      draw,
      (initialDelay, number, random, previousDraw) => {
        const strategy = new ExponentialBackoffStrategy({
          initialDelay,
          maxDelay: Number.MAX_VALUE,
          jitter: 'decorrelated',
        });
        const delay = strategy.calculateDelay(number, { random: () => random, previousDraw });
        assert.ok(delay >= 0 && delay <= initialDelay * 2 ** (number - 1) * 4, String(delay));
      },
    ),
    RUNS,
  );
});

test('with decorrelated jitter the median instant of each retry doubles', () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'decorrelated', maxDelay: 1e12 });
  const random = seededRandom(7);
  const retries = 12;
  const instants: number[][] = Array.from({ length: retries }, () => []);
  for (let run = 0; run < 4_001; run += 1) {
    let at = 0;
    let previousDraw: number | undefined;
    instants.forEach((all, index) => {
      const context = { random, ...(previousDraw === undefined ? {} : { previousDraw }) };
      const { delay, draw: drawn } = checkedDelay(strategy, index + 1, context);
      at += delay;
      previousDraw = drawn;
      all.push(at);
    });
  }
  instants.forEach((all, index) => {
    const median = all.sort((a, b) => a - b)[2_000] as number;
    const ratio = median / (1_000 * 2 ** index);
    assert.ok(ratio > 0.85 && ratio < 1.07, `retry ${index + 1}: ${ratio} of the doubling`);
  });
});

test.run();
