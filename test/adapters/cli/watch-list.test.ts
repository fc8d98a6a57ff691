import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerUnreachableError } from '../../../adapters/http-client/index.ts';
import type { OperationSummaryView } from '../../../services/ports.ts';
import { stage, status, transition, URL, view } from './support/live-list-stage.ts';

const test = suite('cli watch on a terminal');

test('shows what is under way first, then what has ended, with counts', async () => {
  const { terminal, clock, list } = stage([
    view('waits', 'recovering', { dueAt: 65_000, errorMessage: 'read ECONNRESET' }),
    view('runs', 'in_progress', { attempt: 3 }),
    view('queued', 'pending', { attempt: 0 }),
    view('held', 'pending', { attempt: 0, path: 'pending.paused', updatedAt: 1 }),
    view('done', 'success', { updatedAt: 5_000 }),
    view('broken', 'failed', { updatedAt: 6_000, errorMessage: 'not allowed' }),
  ]);
  list.take(status('live'));
  await clock.advance(250);
  list.take({
    kind: 'progress',
    progress: {
      operationId: 'runs',
      name: 'job',
      attempt: 3,
      value: { done: 50, total: 200, bytesPerSecond: 25 },
      at: 0,
    },
  });
  await clock.advance(250);
  const lines = terminal.lines();
  assert.match(lines[0] ?? '', /^http:\/\/server\.test {2}live {2}\d\d:\d\d:\d\d$/);
  assert.match(
    lines[1] ?? '',
    /^1 in_progress {2}1 recovering {2}2 pending {3}since .*: 0 success {2}0 failed {2}0 exhausted$/,
  );
  assert.match(lines[2] ?? '', `watching ${URL}; Ctrl-C ends it`);
  const body = lines.slice(4).map(line => line.replace(/ {2,}/g, ' | '));
  assert.equal(body.slice(0, 5), [
    'UNDER WAY | NAME | STATE | ATTEMPT | WHAT',
    'runs | job | in_progress | 3 | ███░░░░░░░░░ 50 B of 200 B (25%), 25 B/s, 6.0 s left',
    'waits | job | recovering | 1 | in 1 min 5 s: read ECONNRESET',
    'queued | job | pending | 0',
    'held | job | pending | 0 | it is paused',
  ]);
  assert.is(body[5], '');
  assert.match(body[6] ?? '', /^ENDED \| NAME/);
  assert.match(body[7] ?? '', /^broken \| job \| failed \| 1 \| \d\d:\d\d:\d\d not allowed$/);
  assert.match(body[8] ?? '', /^done \| job \| success \| 1 \| \d\d:\d\d:\d\d$/);
  list.stop();
});

test('moves operations as they change, counts their ends, and counts down', async () => {
  const { terminal, clock, list } = stage([view('a', 'pending')]);
  list.take(status('live'));
  await clock.advance(250);
  list.take(transition('a', 'in_progress'));
  list.take(transition('b', 'pending', { kind: 'created', message: 'created' }));
  await clock.advance(250);
  assert.match(terminal.text(), /^a {2}.*in_progress/m);
  assert.match(terminal.text(), /^b {2}.*pending {5}\s*1$/m);
  list.take(transition('a', 'recovering', { kind: 'retry', message: 'reset', dueAt: 10_000 }));
  await clock.advance(250);
  assert.match(terminal.text(), /^a {2}.*recovering .*in 10 s: reset$/m);
  await clock.advance(3_000);
  assert.match(terminal.text(), /^a {2}.*recovering .*in 7 s: reset$/m);
  list.take(transition('a', 'success', { kind: 'succeeded', message: 'succeeded' }));
  list.take(transition('b', 'exhausted', { kind: 'limit', message: 'maxRetries ran out' }));
  await clock.advance(250);
  assert.match(terminal.text(), /0 pending.*: 1 success {2}0 failed {2}1 exhausted/);
  assert.match(terminal.text(), /ENDED[\s\S]*^b {2}.*maxRetries ran out$[\s\S]*^a {2}.*success/m);
  // Tried again it is under way again.
  list.take(transition('b', 'pending', { kind: 'operator_retry', message: 'tried again' }));
  await clock.advance(250);
  assert.match(terminal.text(), /UNDER WAY[\s\S]*^b {2}.*tried again$[\s\S]*ENDED[\s\S]*^a /m);
  assert.is(terminal.lines().filter(line => line.startsWith('b ')).length, 1);
  list.stop();
});

test('what was heard while it looked wins over what it found', async () => {
  let answer: (items: OperationSummaryView[]) => void = () => {};
  const found = new Promise<OperationSummaryView[]>(resolve => {
    answer = resolve;
  });
  const { terminal, clock, list } = stage([], {
    place: {
      summaries: async query => ({
        items: query.states?.includes('pending') ? await found : [],
      }),
      breakers: async () => [],
    },
  });
  list.take(status('live'));
  list.take(transition('gone', 'success'));
  list.take(transition('on', 'in_progress'));
  answer([view('gone', 'pending'), view('on', 'pending'), view('old', 'recovering')]);
  await clock.advance(250);
  assert.match(terminal.text(), /1 in_progress {2}1 recovering {2}0 pending/);
  assert.match(terminal.text(), /ENDED[\s\S]*^gone /m);
  list.stop();
});

test('looks again after a snapshot, and forgets what is not there any more', async () => {
  const operations = [view('a', 'in_progress')];
  const { terminal, clock, list } = stage(operations);
  list.take(status('live'));
  await clock.advance(250);
  list.take(status('reconnecting'));
  await clock.advance(250);
  assert.match(terminal.lines()[0] ?? '', 'reconnecting');
  assert.match(terminal.text(), `reconnecting to ${URL}`);
  operations[0] = view('b', 'pending');
  list.take({ kind: 'snapshot', operations: [], breakers: [], more: false, position: 9 });
  await clock.advance(250);
  assert.match(terminal.text(), 'behind: what was missed is too much to be told; going on from 9');
  list.take(status('live'));
  await clock.advance(250);
  assert.match(terminal.text(), 'caught up');
  assert.match(terminal.text(), /^b {2}/m);
  assert.not.match(terminal.text(), /^a {2}/m);
  list.stop();
});

test('says what was left out, and that it was dropped', async () => {
  const { terminal, clock, list } = stage();
  list.take(status('live'));
  list.take({ kind: 'conflated', skipped: 12 });
  await clock.advance(250);
  assert.match(terminal.text(), 'behind: 12 left out');
  list.take({ kind: 'dropped', reason: 'too slow', position: 7, retryAfter: 20_000 });
  await clock.advance(250);
  assert.match(terminal.text(), 'dropped, going on from 7 in 20.0 s: too slow');
  list.stop();
});

test('looks again where a request fails, and gives up where asking is of no use', async () => {
  const errors: (Error | undefined)[] = [new ServerUnreachableError(URL, 'away'), undefined];
  const { terminal, clock, list, failures } = stage([], {
    place: {
      summaries: async () => {
        const error = errors.shift();
        if (error !== undefined) throw error;
        return { items: [view('a', 'in_progress')] };
      },
      breakers: async () => [],
    },
  });
  list.take(status('live'));
  await clock.advance(500);
  assert.not.match(terminal.text(), /^a {2}/m);
  await clock.advance(1_000);
  assert.match(terminal.text(), /^a {2}/m);
  assert.equal(failures, []);
  const refused = new TypeError('refused');
  errors.unshift(refused);
  list.take({ kind: 'snapshot', operations: [], breakers: [], more: false, position: 9 });
  list.take(status('live'));
  await clock.advance(0);
  assert.equal(failures, [refused]);
  list.stop();
});

test('shows the breakers that are in trouble, and asks for those of all operations only', async () => {
  const { terminal, clock, list } = stage([], {
    place: {
      summaries: async () => ({ items: [] }),
      breakers: async () =>
        [
          { key: 'k', state: 'open' },
          { key: 'fine', state: 'closed' },
        ] as never,
    },
  });
  list.take(status('live'));
  await clock.advance(250);
  assert.match(terminal.text(), /^breakers: k open$/m);
  list.take({
    kind: 'transition',
    transition: { kind: 'breaker', key: 'k', to: 'closed', position: 1e6 } as never,
  });
  await clock.advance(250);
  assert.not.match(terminal.text(), 'breakers:');
  assert.equal(list.filter, {});
  list.stop();
  const named = stage([], { names: ['job'] });
  assert.equal(named.list.filter, { names: ['job'] });
  named.list.take(status('live'));
  await named.clock.advance(0);
  assert.equal(named.queries[0]?.names, ['job']);
  named.list.stop();
});

test('shows only the states that are wanted, and hears of the others', async () => {
  const { terminal, clock, list } = stage([view('a', 'in_progress'), view('b', 'recovering')], {
    states: ['recovering'],
  });
  list.take(status('live'));
  await clock.advance(250);
  assert.not.match(terminal.text(), /^a /m);
  assert.match(terminal.text(), /^b /m);
  list.take(transition('b', 'in_progress'));
  await clock.advance(250);
  assert.not.match(terminal.text(), /^b /m);
  list.stop();
});

test.run();
