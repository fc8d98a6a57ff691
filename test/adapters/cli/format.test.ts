import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  count,
  formatBytes,
  formatDuration,
  formatTable,
  quoteArgument,
  shorten,
} from '../../../adapters/cli/format.ts';

const test = suite('cli format');

test('says bytes in decimal units, never as four digits before the point', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [34_200_000, '34.2 MB'],
    [999_949_999, '999.9 MB'],
    [999_950_000, '1.0 GB'],
    [5e15, '5.0 PB'],
    [5e18, '5000.0 PB'],
  ];
  for (const [bytes, words] of cases) assert.is(formatBytes(bytes), words);
});

test('says durations in the two largest units', () => {
  const cases: [number, string][] = [
    [-5, '0 ms'],
    [850, '850 ms'],
    [4_200, '4.2 s'],
    [59_940, '59.9 s'],
    [59_950, '1 min'],
    [125_000, '2 min 5 s'],
    [3_780_000, '1 h 3 min'],
    [187_200_000, '2 d 4 h'],
  ];
  for (const [ms, words] of cases) assert.is(formatDuration(ms), words);
});

test('aligns the columns of a table, and leaves no blanks at the end of a line', () => {
  const rows = [
    ['ID', 'STATE', 'WHAT'],
    ['a-long-one', 'ok', ''],
  ];
  assert.is(formatTable(rows), 'ID          STATE  WHAT\na-long-one  ok');
});

test('quotes an argument for the shell only where it must', () => {
  assert.is(quoteArgument('https://host/a.iso'), 'https://host/a.iso');
  assert.is(quoteArgument("it's & more"), `'it'\\''s & more'`);
  assert.is(quoteArgument(''), `''`);
});

test('cuts long lines and counts nouns', () => {
  assert.is(shorten('one\n  two three', 7), 'one tw…');
  assert.is(shorten('short', 5), 'short');
  assert.is(count(1, 'operation'), '1 operation');
  assert.is(count(0, 'operation'), '0 operations');
});

test.run();
