import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../../adapters/testing/index.ts';
import { ConfigError } from '../../../services/errors.ts';

const test = suite('seeded random');

test('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number) => Array.from({ length: 20 }, seededRandom(seed));
  assert.equal(draw(42), draw(42));
  assert.not.equal(draw(42), draw(43));
});

test('its first numbers are those of mulberry32', () => {
  const random = seededRandom(0);
  assert.equal(
    [random(), random(), random()],
    [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197],
  );
});

test('its numbers are uniform in [0, 1)', () => {
  const random = seededRandom(7);
  const buckets = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const number = random();
    assert.ok(number >= 0 && number < 1);
    buckets[Math.floor(number * 10)] = (buckets[Math.floor(number * 10)] ?? 0) + 1;
  }
  for (const count of buckets) assert.ok(Math.abs(count - 10_000) < 500, `a tenth got ${count}`);
});

test('a seed that is not an integer is refused', () => {
  for (const seed of [1.5, Number.NaN, '1' as unknown as number]) {
    assert.throws(
      () => seededRandom(seed),
      (error: unknown) => error instanceof ConfigError,
    );
  }
});

test.run();
