import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { ConfigError } from '../../../services/errors.ts';
import { ExponentialBackoffStrategy, type Jitter } from '../../../services/strategies/index.ts';

const test = suite('exponential backoff');
const draws = [0, 0.4, 0.5, 0.6, 0.999];

test('the first delay is the initial one, each further one twice as long, up to a minute', () => {
  const strategy = new ExponentialBackoffStrategy();
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(attempt => strategy.calculateDelay(attempt));
  assert.equal(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('initial delay, factor and cap are what the options say', () => {
  const strategy = new ExponentialBackoffStrategy({
    initialDelay: 100,
    backoffFactor: 1.5,
    maxDelay: 300,
  });
  assert.equal(
    [1, 2, 3, 4].map(attempt => strategy.calculateDelay(attempt)),
    [100, 150, 225, 300],
  );
});

for (const [jitter, attempt, expected] of [
  ['none', 3, [4_000, 4_000, 4_000, 4_000, 4_000]],
  [false, 3, [4_000, 4_000, 4_000, 4_000, 4_000]],
  ['full', 1, [0, 400, 500, 600, 999]],
  [true, 1, [0, 400, 500, 600, 999]],
  ['full', 3, [0, 1_600, 2_000, 2_400, 3_996]],
  ['equal', 1, [500, 700, 750, 800, 999.5]],
  ['equal', 3, [2_000, 2_800, 3_000, 3_200, 3_998]],
  ['decorrelated', 1, [0, 803.4034981, 897.40493558, 989.16994361, 1_376.12701563]],
  [
    'decorrelated',
    2,
    [1_377.18225725, 1_048.71645237, 1_093.00354738, 1_148.82286103, 1_459.12855337],
  ],
  [
    'decorrelated',
    3,
    [1_460.06730105, 1_902.58239102, 2_035.74796262, 2_178.95563608, 2_863.87923025],
  ],
] satisfies [Jitter, number, number[]][]) {
  test(`jitter ${jitter} after attempt ${attempt} gives the published values`, () => {
    const strategy = new ExponentialBackoffStrategy({ jitter });
    const delays = draws.map(draw =>
      strategy.calculateDelay(attempt, { random: () => draw, previousDraw: draw }),
    );
    delays.forEach((delay, i) => {
      assert.ok(Math.abs(delay - (expected[i] as number)) < 1e-6, `${delay}, not ${expected[i]}`);
    });
  });
}

test('the cap applies after jitter', () => {
  for (const [jitter, expected] of [
    ['full', 5_000],
    ['equal', 5_000],
    ['decorrelated', 5_000],
  ] as const) {
    const strategy = new ExponentialBackoffStrategy({ jitter, maxDelay: 5_000 });
    assert.is(strategy.calculateDelay(5, { random: () => 0.999 }), expected);
  }
  const full = new ExponentialBackoffStrategy({ jitter: 'full', maxDelay: 5_000 });
  assert.is(full.calculateDelay(4, { random: () => 0.5 }), 4_000, 'half of 8 s, not of 5 s');
});

test('attempt 10,000 and beyond neither overflow nor become NaN', () => {
  for (const attempt of [1_023, 1_024, 1_025, 1_076, 10_000, Number.MAX_SAFE_INTEGER]) {
    for (const jitter of ['none', 'full', 'equal', 'decorrelated'] as const) {
      for (const draw of draws) {
        const delay = new ExponentialBackoffStrategy({ jitter }).calculateDelay(attempt, {
          random: () => draw,
          previousDraw: draw,
        });
        const expected = jitter === 'full' && draw === 0 ? 0 : 60_000;
        assert.is(delay, expected, `${jitter} at ${draw}, attempt ${attempt}`);
      }
    }
    const zero = new ExponentialBackoffStrategy({ initialDelay: 0 });
    assert.is(zero.calculateDelay(attempt), 0);
  }
});

test('every delay is from 0 to the cap, and the same for the same draws', () => {
  fc.assert(
    fc.property(
      fc.record({
        initialDelay: fc.double({ min: 0, max: 1e9, noNaN: true }),
        jitter: fc.constantFrom('none', 'full', 'equal', 'decorrelated'),
      }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      ({ initialDelay, jitter }, attempt, draw, previousDraw) => {
        const maxDelay = 2e9;
        const strategy = new ExponentialBackoffStrategy({ initialDelay, maxDelay, jitter });
        const context = { random: () => draw, previousDraw };
        const delay = strategy.calculateDelay(attempt, context);
        assert.ok(delay >= 0 && delay <= maxDelay, String(delay));
        assert.is(strategy.calculateDelay(attempt, context), delay);
      },
    ),
    { seed: 1, numRuns: 2_000 },
  );
});

test('medians of decorrelated jitter are near 1, 1, 2, 4 and 8 times the initial delay', () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'decorrelated' });
  const random = seededRandom(5);
  const near = [900, 1_090, 2_040, 4_040, 8_080];
  near.forEach((expected, index) => {
    const delays = Array.from({ length: 4_001 }, () =>
      strategy.calculateDelay(index + 1, { random, previousDraw: random() }),
    ).sort((a, b) => a - b);
    const median = delays[2_000] as number;
    assert.ok(Math.abs(median / expected - 1) < 0.1, `${median}, not near ${expected}`);
  });
});

test('options that cannot be used are refused, all in one error', () => {
  try {
    new ExponentialBackoffStrategy({
      initialDelay: -1,
      backoffFactor: Number.NaN,
      maxDelay: Number.POSITIVE_INFINITY,
      jitter: 'some' as Jitter,
      ...{ maxdelay: 5 },
    });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ConfigError);
    const { message, details } = error as ConfigError;
    for (const part of [
      'initialDelay must be a finite number >= 0, got -1',
      'backoffFactor must be a finite number >= 1, got NaN',
      'maxDelay must be a finite number >= 0, got Infinity',
      `jitter must be 'none', 'full', 'equal', 'decorrelated', true or false, got "some"`,
      'maxdelay is not an option (did you mean maxDelay?), got 5',
    ]) {
      assert.ok(message.includes(part), `${part} in: ${message}`);
    }
    assert.is((details.problems as unknown[]).length, 5);
  }
});

test('a cap below the initial delay, and decorrelated jitter with another factor, are refused', () => {
  const make = (options: object) => () => new ExponentialBackoffStrategy(options);
  assert.throws(make({ maxDelay: 10 }), /maxDelay must be >= initialDelay \(1000\), got 10$/);
  assert.throws(make({ jitter: 'decorrelated', backoffFactor: 3 }), /backoffFactor must be 2/);
  assert.throws(
    make({ backoffFactor: 0.5 }),
    /backoffFactor must be a finite number >= 1, got 0.5$/,
  );
});

test.run();
