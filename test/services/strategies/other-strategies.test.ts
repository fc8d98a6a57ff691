import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../services/errors.ts';
import {
  CustomStrategy,
  checkedDelay,
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
  LinearBackoffStrategy,
} from '../../../services/strategies/index.ts';

const test = suite('linear, fixed and custom strategies, and the check of their delays');
const refused = (make: () => unknown, pattern: RegExp) =>
  assert.throws(make, (error: unknown) => {
    assert.instance(error, ConfigError);
    assert.match((error as ConfigError).message, pattern);
    return true;
  });

test('linear delays grow by the increment up to the cap', () => {
  const standard = new LinearBackoffStrategy();
  assert.equal(
    [1, 2, 3, 59, 60, 61, 10_000].map(attempt => standard.calculateDelay(attempt)),
    [1_000, 2_000, 3_000, 59_000, 60_000, 60_000, 60_000],
  );
  const own = new LinearBackoffStrategy({ initialDelay: 5, increment: 0.5, maxDelay: 6 });
  assert.equal(
    [1, 2, 3, 4].map(attempt => own.calculateDelay(attempt)),
    [5, 5.5, 6, 6],
  );
  const vast = new LinearBackoffStrategy({ increment: Number.MAX_VALUE });
  assert.is(vast.calculateDelay(10_000), 60_000);
  assert.is(new LinearBackoffStrategy({ increment: 0 }).calculateDelay(10_000), 1_000);
});

test('a fixed delay is always the same', () => {
  const strategy = new FixedDelayStrategy({ delay: 250 });
  assert.equal([strategy.calculateDelay(1), strategy.calculateDelay(10_000)], [250, 250]);
  assert.is(new FixedDelayStrategy({ delay: 0 }).calculateDelay(), 0);
});

test('a custom function gets the attempt and the context, chance included', () => {
  const seen: unknown[] = [];
  const strategy = new CustomStrategy({
    name: 'squares',
    delayFunc: (attempt, context) => {
      seen.push(context.previousDelay, typeof context.random);
      return attempt ** 2;
    },
  });
  assert.is(strategy.name, 'squares');
  assert.is(strategy.calculateDelay(3, { previousDelay: 4 }), 9);
  assert.is(strategy.calculateDelay(4), 16);
  assert.equal(seen, [4, 'function', undefined, 'function']);
  assert.is(new CustomStrategy({ delayFunc: () => 1 }).name, 'custom');
});

test('options that cannot be used are refused with option and value', () => {
  refused(
    () => new LinearBackoffStrategy({ increment: -1 }),
    /^LinearBackoffStrategy: increment must be a finite number >= 0, got -1$/,
  );
  refused(
    () => new LinearBackoffStrategy({ maxDelay: 1 }),
    /maxDelay must be >= initialDelay \(1000\), got 1$/,
  );
  refused(
    () => new LinearBackoffStrategy({ increment: 1, ...{ step: 1 } }),
    /step is not an option/,
  );
  for (const make of [
    () => new LinearBackoffStrategy({ jitter: 'decorrelated' as 'full' }),
    () => new FixedDelayStrategy({ delay: 1, jitter: 'decorrelated' as 'full' }),
  ]) {
    refused(make, /jitter must be 'none', 'full', 'equal', true or false, got "decorrelated"$/);
  }
  refused(
    () => new FixedDelayStrategy({ delay: Number.NaN }),
    /delay must be a finite number >= 0, got NaN$/,
  );
  refused(() => new FixedDelayStrategy({ delay: '5' as unknown as number }), /got "5"$/);
  refused(() => new FixedDelayStrategy(undefined as never), /delay .* got undefined$/);
  refused(
    () => new CustomStrategy({ delayFunc: 5 as never, name: ' ' }),
    /delayFunc must be a function, got 5; name must be a string that is not empty, got " "$/,
  );
  refused(
    () => new CustomStrategy(undefined as never),
    /delayFunc must be a function, got undefined/,
  );
});

test('a checked delay is whole milliseconds, with the draw it was made with', () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'full' });
  assert.equal(checkedDelay(strategy, 1, { random: () => 0.33333 }), { delay: 333, draw: 0.33333 });
  assert.equal(checkedDelay(new FixedDelayStrategy({ delay: 7 }), 1), { delay: 7 });
  assert.is(checkedDelay(new FixedDelayStrategy({ delay: 1e300 }), 1).delay, 3_155_760_000_000);
});

test('decorrelated delays made from recorded draws are those of a run that carries its state', () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'decorrelated', maxDelay: 1e9 });
  let carried = 0;
  let previousDraw: number | undefined;
  [0.9, 0.1, 0.5, 0, 0.999, 0.3].forEach((number, index) => {
    const t = index + number;
    const place = 2 ** t * Math.tanh(Math.sqrt(4 * t));
    const context = previousDraw === undefined ? {} : { previousDraw };
    const { delay, draw } = checkedDelay(strategy, index + 1, { random: () => number, ...context });
    assert.is(delay, Math.round(((place - carried) * 1_000) / 1.4));
    carried = place;
    previousDraw = draw;
  });
});

test('a delay that is not a finite number >= 0 is refused with strategy, attempt and value', () => {
  for (const [value, shown] of [
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['5', 'a value of type string'],
    [undefined, 'a value of type undefined'],
    [Promise.resolve(5), 'a value of type object'],
  ] as const) {
    const strategy = new CustomStrategy({ name: 'mine', delayFunc: () => value as number });
    refused(
      () => checkedDelay(strategy, 7),
      new RegExp(`^strategy "mine" gave ${shown} as the delay after attempt 7;`),
    );
  }
});

test('a strategy that throws is a configuration error with its cause', () => {
  const cause = new RangeError('boom');
  const strategy = new CustomStrategy({
    delayFunc: () => {
      throw cause;
    },
  });
  assert.throws(
    () => checkedDelay(strategy, 2),
    (error: unknown) => error instanceof ConfigError && error.cause === cause,
  );
});

test.run();
