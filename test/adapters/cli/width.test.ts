import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatTable } from '../../../adapters/cli/format.ts';
import { columnsOf, cut, pad, printable, printableLines } from '../../../adapters/cli/width.ts';

const test = suite('cli width');

test('makes everything that could steer a terminal into something to read', () => {
  assert.is(printable('a\u001b[2Jb\u0007\u009bc'), 'a\\u001b[2Jb\\u0007\\u009bc');
  assert.is(printable('one\r\ntwo\tthree\u2028'), 'one\\r\\ntwo\\tthree\\u2028');
  assert.is(printable('abc\u202egnp.exe\u2066\ufeff'), 'abc\\u202egnp.exe\\u2066\\ufeff');
  assert.is(printable('Grüße, 漢字 👍🏽 e\u0301 \\n'), 'Grüße, 漢字 👍🏽 e\u0301 \\n');
  assert.is(printableLines('a\u001b\nb'), 'a\\u001b\nb');
});

test('leaves JSON the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const json = JSON.stringify(value, null, 2);
      assert.equal(JSON.parse(printableLines(json)), JSON.parse(json));
      assert.not.match(printableLines(json).replaceAll('\n', ''), /\p{Cc}/u);
    }),
    { numRuns: 500, seed: 3 },
  );
});

test('counts the columns of East Asian text, emoji and marks', () => {
  const cases: [string, number][] = [
    ['', 0],
    ['plain', 5],
    ['Grüße', 5],
    ['e\u0301', 1],
    ['漢字', 4],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['👍', 2],
    ['█░…', 3],
    ['✔', 1],
  ];
  for (const [text, columns] of cases) assert.is(columnsOf(text), columns, text);
});

test('cuts to columns and pads to columns, whatever the characters', () => {
  assert.is(cut('short', 5), 'short');
  assert.is(cut('shorter', 5), 'shor…');
  assert.is(cut('漢字漢字', 5), '漢字…');
  assert.is(cut('漢字漢字', 4), '漢…');
  assert.is(cut('anything', 1), '…');
  assert.is(cut('anything', 0), '');
  assert.is(pad('漢字', 6), '漢字  ');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, width) => {
      assert.ok(columnsOf(cut(printable(text), width)) <= width);
    }),
    { numRuns: 1_000, seed: 4 },
  );
});

test('aligns a table by columns, and keeps each row on its line', () => {
  const table = formatTable([
    ['ID', 'STATE'],
    ['漢字', 'ok'],
    ['a\nb', 'ok\u001b[1m'],
  ]);
  assert.is(table, 'ID    STATE\n漢字  ok\na\\nb  ok\\u001b[1m');
});

test.run();
