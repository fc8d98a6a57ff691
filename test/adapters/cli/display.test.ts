import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PlainDisplay } from '../../../adapters/cli/display/plain.ts';
import {
  labelOf,
  type Status,
  transferProgress,
  transferWords,
} from '../../../adapters/cli/display/status.ts';
import { barLine, TerminalDisplay } from '../../../adapters/cli/display/terminal.ts';
import { formatClock } from '../../../adapters/cli/format.ts';

const running: Status = {
  id: 'op-1',
  label: 'big.iso',
  state: 'in_progress',
  attempt: 2,
  reason: null,
  progress: { done: 34_200_000, total: 100_000_000, bytesPerSecond: 5_000_000 },
};
const waiting: Status = {
  ...running,
  state: 'recovering',
  reason: { kind: 'retry', message: 'read ECONNRESET; retry 2 of 10 in 4000 ms', dueAt: 5_000 },
};
const test = suite('cli display');

/** A terminal of 100 columns that remembers what was written to it. */
function fakeTerminal() {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns: 100, text: () => text });
}

test('says a transfer with its speed and the time left, as far as they are known', () => {
  assert.is(
    transferWords({ done: 34_200_000, total: 100_000_000, bytesPerSecond: 5_000_000 }),
    '34.2 MB of 100.0 MB (34%), 5.0 MB/s, 13.2 s left',
  );
  assert.is(transferWords({ done: 500, total: null, bytesPerSecond: 100 }), '500 B, 100 B/s');
  assert.is(transferWords({ done: 0, total: 0, bytesPerSecond: 0 }), '0 B of 0 B');
});

test('understands the progress of transfers only', () => {
  assert.is(transferProgress('half way'), undefined);
  assert.is(transferProgress({ step: 2 }), undefined);
  assert.equal(transferProgress({ done: 2, total: 'x' }), {
    done: 2,
    total: null,
    bytesPerSecond: 0,
  });
});

test('calls a download by its file, and others by their id', () => {
  assert.is(labelOf({ id: 'x', input: { url: 'u', file: '/a/big.iso' } }), 'big.iso');
  assert.is(labelOf({ id: 'x', input: 'big' }), 'x');
});

test('writes a plain line for each change, and one a second for progress', () => {
  const lines: string[] = [];
  let now = 1_000;
  const display = new PlainDisplay(
    text => void lines.push(text.slice(formatClock(0).length + 2)),
    () => now,
  );

  display.show({ ...running, progress: null }, true);
  display.show(running, false);
  now += 999;
  display.show(running, false);
  now += 1;
  display.show(running, false);
  display.show(waiting, true);
  display.stop();

  assert.equal(lines, [
    'big.iso  in_progress  attempt 2\n',
    'big.iso  in_progress  attempt 2  34.2 MB of 100.0 MB (34%), 5.0 MB/s, 13.2 s left\n',
    'big.iso  recovering  attempt 2  read ECONNRESET; retry 2 of 10 in 4000 ms\n',
  ]);
});

test('draws bar, share, bytes, speed, time left, attempt and state in one line', () => {
  const line = barLine(running, 0);
  assert.is(
    line,
    'big.iso  ████████░░░░░░░░░░░░░░░░  34%  34.2 MB of 100.0 MB  5.0 MB/s  ETA 13.2 s  attempt 2  in_progress',
  );
  assert.match(barLine(waiting, 1_000), /attempt 2 {2}recovering in 4 s$/);
});

test('redraws on a terminal in place, keeps its lines within it, and leaves only the notes', async () => {
  const terminal = fakeTerminal();
  const display = new TerminalDisplay(terminal, () => 0);
  display.show(running, true);
  await sleep(200);
  display.show(waiting, true);
  display.note('a note');
  await sleep(200);
  display.stop();
  display.note('a late note');

  const text = terminal.text();
  assert.match(text, 'big.iso  ████████');
  assert.match(text, 'big.iso: read ECONNRESET; retry 2 of 10');
  assert.match(text, /a note\n/);
  assert.ok(text.endsWith('a late note\n'));
  assert.ok(text.includes('\x1b[?25h'), 'the cursor is back');
  const drawn = text
    .replaceAll('\x1b', '\n')
    .split('\n')
    .filter(part => part.includes('████'));
  assert.ok(drawn.length >= 2);
  assert.ok(drawn.every(part => part.length <= 110));
});

test.run();
