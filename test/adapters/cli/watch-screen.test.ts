import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columnsOf } from '../../../adapters/cli/width.ts';
import type { ServerFeedItem } from '../../../adapters/socket-client/index.ts';
import type { OperationSummaryView } from '../../../services/ports.ts';
import { stage, status, transition, view } from './support/live-list-stage.ts';

const test = suite('cli watch screen');

test('draws at most four times a second, and once a second without news', async () => {
  const { terminal, clock, list } = stage();
  list.take(status('live'));
  await clock.advance(1_000);
  const before = terminal.pictures;
  for (let news = 0; news < 1_000; news++) {
    list.take(transition(`op-${news}`, 'in_progress'));
    await clock.advance(10);
  }
  const drawn = terminal.pictures - before;
  assert.ok(drawn >= 39 && drawn <= 41, `${drawn} pictures in 10 s`);
  await clock.advance(250);
  const idle = terminal.pictures;
  await clock.advance(3_000);
  assert.is(terminal.pictures - idle, 3);
  list.stop();
  await clock.advance(5_000);
  assert.is(clock.pending, 0);
});

test('fits every size, and draws anew when that changes', async () => {
  const many = Array.from({ length: 60 }, (_, index) =>
    view(`operation-${index}-${'x'.repeat(60)}漢字`, index % 2 ? 'in_progress' : 'failed', {
      errorMessage: 'a long reason '.repeat(20),
    }),
  );
  const { terminal, clock, list } = stage(many);
  list.take(status('live'));
  for (const [columns, rows] of [
    [100, 30],
    [200, 80],
    [40, 10],
    [20, 5],
    [3, 3],
    [1, 1],
    [100, 30],
  ] as const) {
    terminal.resize(columns, rows);
    await clock.advance(250);
    const lines = terminal.lines();
    assert.ok(lines.length <= rows, `${lines.length} lines of ${rows}`);
    for (const line of lines) {
      assert.ok(columnsOf(line) <= Math.max(1, columns - 1), `${columns}: ${line}`);
    }
  }
  assert.is(terminal.lines().length, 30);
  assert.match(terminal.text(), /^and \d+ more$/m);
  assert.ok(terminal.cleared > 5, 'nothing of the old size stays');
  list.stop();
});

test('gives what one part does not need to the other', async () => {
  const underWay = Array.from({ length: 40 }, (_, n) => view(`run-${n}`, 'in_progress'));
  const ended = Array.from({ length: 40 }, (_, n) => view(`end-${n}`, 'success'));
  const shown = async (operations: OperationSummaryView[]) => {
    const { terminal, clock, list } = stage(operations);
    list.take(status('live'));
    await clock.advance(250);
    list.stop();
    const count = (start: string) => terminal.lines().filter(line => line.startsWith(start)).length;
    return [count('run-'), count('end-')];
  };
  const [runsAlone] = await shown(underWay);
  const [, endsAlone] = await shown(ended);
  const [runs = 0, ends = 0] = await shown([...underWay, ...ended]);
  assert.equal([runsAlone, endsAlone], [24, 24]);
  assert.ok(runs > ends && ends >= 5, `${runs} and ${ends}`);
  assert.equal(await shown([...underWay, ...ended.slice(0, 1)]), [21, 1]);
});

test('lets no id, name, reason, progress or key steer the terminal', async () => {
  const evil = 'evil\u001b[2J\u009b5m\r\nforged\u202e';
  const { terminal, clock, list } = stage([view(evil, 'in_progress', { name: evil })], {
    place: {
      summaries: async query => ({
        items: query.states?.includes('pending')
          ? [view(evil, 'in_progress', { name: evil })]
          : [view(`${evil} 2`, 'failed', { errorMessage: evil })],
      }),
      breakers: async () => [{ key: evil, state: 'open' }] as never,
    },
  });
  list.take(status('live'));
  await clock.advance(250);
  const tell = (value: unknown): ServerFeedItem => ({
    kind: 'progress',
    progress: { operationId: evil, name: evil, attempt: 1, value, at: 0 },
  });
  for (const item of [
    tell(evil),
    tell({ evil }),
    transition(evil, 'recovering', { kind: 'retry', message: evil, dueAt: 1e9 }),
    { kind: 'dropped', reason: evil, position: 1, retryAfter: 0 } as const,
  ]) {
    list.take(item);
    await clock.advance(250);
    assert.match(terminal.text(), 'evil');
    assert.not.match(terminal.text(), /^forged/m);
    assert.equal(terminal.foreign, []);
  }
  list.stop();
});

test('takes the second screen and gives the first one back with its cursor, once', async () => {
  const { terminal, clock, list, signals } = stage();
  assert.equal(terminal.modes, { alternate: true, cursor: false });
  list.take(status('live'));
  list.take(transition('a', 'success'));
  await clock.advance(250);
  list.stop();
  list.stop();
  assert.equal(terminal.modes, { alternate: false, cursor: true });
  assert.ok(
    terminal.written.endsWith('ended while it was watched: 1 success, 0 failed, 0 exhausted\n'),
  );
  assert.is(terminal.written.match(/ended while/g)?.length, 1);
  const length = terminal.written.length;
  list.take(transition('b', 'success'));
  terminal.resize(50, 10);
  await clock.advance(2_000);
  assert.is(terminal.written.length, length);
  assert.equal(signals.eventNames(), []);
  assert.is(terminal.listenerCount('resize'), 0);
});

test('gives the terminal back when the process ends, and while it is stopped', async () => {
  const { terminal, signals, list } = stage();
  signals.emit('SIGTSTP');
  assert.equal(terminal.modes, { alternate: false, cursor: true });
  assert.equal(signals.killed, [[42, 'SIGSTOP']]);
  signals.emit('SIGCONT');
  assert.equal(terminal.modes, { alternate: true, cursor: false });
  signals.emit('exit');
  assert.equal(terminal.modes, { alternate: false, cursor: true });
  list.stop();
});

test('draws nothing for a terminal that has not taken the last picture', async () => {
  const { terminal, clock, list } = stage();
  list.take(status('live'));
  await clock.advance(250);
  terminal.writableNeedDrainNow = true;
  const before = terminal.pictures;
  await clock.advance(3_000);
  assert.is(terminal.pictures, before);
  terminal.writableNeedDrainNow = false;
  await clock.advance(1_000);
  assert.is(terminal.pictures, before + 1);
  list.stop();
});

test.run();
