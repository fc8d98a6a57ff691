import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { instantIn } from '../../visualizer/data/period.ts';
import { countdown, duration, instantOf, relative } from '../../visualizer/data/time.ts';

test('a duration has two units at most', () => {
  const words: readonly (readonly [number, string])[] = [
    [0, '0 ms'],
    [850, '850 ms'],
    [4_260, '4.2 s'],
    [9_999, '9.9 s'],
    [59_999, '59 s'],
    [185_000, '3 m 05 s'],
    [7_800_000, '2 h 10 m'],
    [273_600_000, '3 d 4 h'],
    [-5, '0 ms'],
    [Number.NaN, '–'],
  ];
  for (const [ms, expected] of words) assert.is(duration(ms), expected);
});

test('a countdown never says nothing is left before it has come', () => {
  assert.is(countdown(1), '0.1 s');
  assert.is(countdown(0), 'now');
  assert.is(countdown(-1), 'now');
  assert.is(countdown(61_000), '1 m 01 s');
});

test('tells the time since and until', () => {
  assert.is(relative(10_000, 11_500), 'just now');
  assert.is(relative(10_000, 22_900), '12 s ago');
  assert.is(relative(200_000, 10_000), 'in 3 m 10 s');
});

test('an instant comes as text or number, or is none', () => {
  assert.is(instantOf('1970-01-01T00:00:01.000Z'), 1_000);
  assert.is(instantOf(5), 5);
  for (const none of [null, undefined, 'yesterday', Number.NaN]) assert.is(instantOf(none), null);
});

test('a period is counted back from now', () => {
  assert.is(instantIn('15m', 1_000_000), 100_000);
  assert.is(instantIn('1970-01-01T00:00:01Z', 9), 1_000);
  for (const none of ['', '15x', '999999d', 'soon']) assert.is(instantIn(none, 9), null);
});

test.run();
