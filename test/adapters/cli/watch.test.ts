import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { TransitionLines } from '../../../adapters/cli/watch/lines.ts';
import type { ServerFeedItem } from '../../../adapters/socket-client/index.ts';
import type {
  BreakerTransition,
  OperationTransition,
  Transition,
} from '../../../services/ports.ts';
import { type CliPlace, killed, serving, until, withCli } from '../../support/cli.ts';
import { ask } from '../http/support/served.ts';

export const suiteTimeout = 120_000;
const content = sampleBytes(100_000);
const test = suite('cli watch in a pipe');

/** Starts downloads over HTTP, and gives their ids back. */
async function startAll({ folder }: CliPlace, server: string, url: string, ids: string[]) {
  for (const id of ids) {
    const body = {
      function_name: 'download',
      operation_id: id,
      input: { url, file: join(folder, id) },
    };
    assert.is((await ask(`${server}/api/operations`, { body })).status, 202);
  }
}

interface Told {
  readonly state: string;
  readonly history: readonly { readonly position: number; readonly state: string }[];
}

const historyOf = async (server: string, id: string): Promise<Told> =>
  (await ask(`${server}/api/operations/${id}`)).body;

test(
  'tells each transition once, while its server is killed and comes back on the same port',
  withCli(async place => {
    const first = await serving(place);
    const { url } = first;
    const watch = place.start('watch', '--server', url, '--json');
    await until(() => watch.err().includes('watching'));
    const fast = place.server.serve('/fast', { content });
    const slow = place.server.serve('/slow', { content, pace: 20_000 });
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    await startAll(place, url, fast, ids.slice(0, 3));
    await startAll(place, url, slow, ids.slice(3, 6));
    await until(async () => (await historyOf(url, 'f')).state === 'in_progress');
    await killed(first);
    await until(() => watch.err().includes(`reconnecting to ${url}`));
    // It begins to go on before the watch is there again.
    const second = await serving(place, Number(new URL(url).port));
    assert.is(second.url, url);
    await startAll(place, url, fast, ids.slice(6));
    const all = async () => Promise.all(ids.map(id => historyOf(url, id)));
    await until(async () => (await all()).every(({ state }) => state === 'success'));
    const positions = (await all())
      .flatMap(({ history }) => history.map(({ position }) => position))
      .sort((a, b) => a - b);
    const transitions = () =>
      watch
        .out()
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line) as Transition);
    await until(() => transitions().some(({ position }) => position === positions.at(-1)));

    watch.child.kill('SIGINT');
    const { exit, err } = await watch.finished;
    assert.is(exit, 0);
    assert.equal(err.split('\n'), [
      `watching ${url}; Ctrl-C ends it`,
      `reconnecting to ${url}`,
      'caught up',
      '',
    ]);
    const told = transitions();
    assert.equal(
      told.map(({ position }) => position),
      told.map(({ position }) => position).sort((a, b) => a - b),
    );
    assert.equal(
      told.filter(({ kind }) => kind === 'operation').map(({ position }) => position),
      positions,
    );
    assert.ok(told.some(({ reason }) => reason?.kind === 'interrupted'));
  }),
);

test(
  'tells what is wanted in words, and ends at SIGTERM with exit code 0 too',
  withCli(async place => {
    const { url } = await serving(place);
    const watch = place.start('watch', '--server', url, '--state', 'success', '--name', 'download');
    await until(() => watch.err().includes('watching'));
    await startAll(place, url, place.server.serve('/fast', { content }), ['a', 'b']);
    await until(() => watch.out().split('\n').length > 2);
    watch.child.kill('SIGTERM');
    const { exit, out } = await watch.finished;
    assert.is(exit, 0);
    for (const line of out.trim().split('\n')) {
      assert.match(
        line,
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}[ab] {2}download {2}in_progress -> success {2}attempt 1 {2}succeeded$/,
      );
    }
  }),
);

test(
  'ends with exit code 1 where the token is not known any more',
  withCli(async place => {
    const { env, start } = place;
    env.RECOVERY_VIEWER_TOKENS = 'first-token-0123456789';
    const first = await serving(place);
    env.RECOVERY_TOKEN = env.RECOVERY_VIEWER_TOKENS;
    const watch = start('watch', '--server', first.url);
    await until(() => watch.err().includes('watching'));
    await killed(first);
    env.RECOVERY_VIEWER_TOKENS = 'second-token-0123456789';
    await serving(place, Number(new URL(first.url).port));
    const { exit, err } = await watch.finished;
    assert.is(exit, 1);
    assert.match(err, /^error: .* does not know the token; .*\[UNAUTHORIZED\]$/m);
  }),
);

const operation: OperationTransition = {
  kind: 'operation',
  position: 5,
  operationId: 'op-1',
  name: 'job',
  seq: 3,
  from: 'in_progress',
  to: 'recovering',
  event: 'attempt.failed',
  attempt: 2,
  reason: { kind: 'retry', message: 'reset; retry 2 of 3 in 4000 ms' },
  at: Date.parse('2026-11-23T13:05:09Z'),
};
const breaker: BreakerTransition = {
  kind: 'breaker',
  position: 6,
  key: 'host',
  seq: 1,
  from: null,
  to: 'open',
  event: 'e',
  reason: null,
  at: 0,
};

function linesOf(items: readonly ServerFeedItem[], json = false) {
  const written: string[] = [];
  const noted: string[] = [];
  const lines = new TransitionLines({
    url: 'http://server.test',
    json,
    write: line => void written.push(line),
    note: line => void noted.push(line),
  });
  for (const item of items) lines.take(item);
  return { written, noted };
}

test('writes a line of words or of JSON for each transition, and notes for the rest', () => {
  const items: ServerFeedItem[] = [operation, breaker].map(transition => ({
    kind: 'transition',
    transition,
  }));
  const { written } = linesOf(items);
  assert.match(
    written[0] ?? '',
    /^\S+ \S+ {2}op-1 {2}job {2}in_progress -> recovering {2}attempt 2 {2}reset; retry 2 of 3 in 4000 ms$/,
  );
  assert.match(written[1] ?? '', /^\S+ \S+ {2}breaker host {2}open$/);
  const json = linesOf(items, true);
  assert.equal(
    json.written.map(line => JSON.parse(line)),
    [operation, breaker],
  );
  const { noted } = linesOf([
    { kind: 'status', status: 'connecting' },
    { kind: 'status', status: 'catching_up' },
    { kind: 'status', status: 'live' },
    { kind: 'conflated', skipped: 3 },
    { kind: 'status', status: 'reconnecting' },
    { kind: 'status', status: 'reconnecting' },
    { kind: 'status', status: 'catching_up' },
    { kind: 'snapshot', operations: [], breakers: [], more: false, position: 9 },
    { kind: 'status', status: 'live' },
    { kind: 'dropped', reason: 'slow', position: 12, retryAfter: 1_500 },
    { kind: 'status', status: 'live' },
    { kind: 'status', status: 'reconnecting' },
    { kind: 'status', status: 'live' },
  ]);
  assert.equal(noted, [
    'watching http://server.test; Ctrl-C ends it',
    'behind: 3 left out, each in favour of a later one of the same operation or breaker',
    'reconnecting to http://server.test',
    'behind: what was missed is too much to be told; going on from 9',
    'caught up',
    'dropped, going on from 12 in 1.5 s: slow',
    'caught up',
    'reconnecting to http://server.test',
    'caught up',
  ]);
});

test('keeps each transition on its line, whatever is in it', () => {
  const evil = 'evil\u001b[2J\u009b\r\nforged\u2028\u202e';
  const items: ServerFeedItem[] = [
    { kind: 'transition', transition: { ...operation, operationId: evil, name: evil } },
    {
      kind: 'transition',
      transition: { ...operation, reason: { kind: 'retry', message: evil } },
    },
    { kind: 'transition', transition: { ...breaker, key: evil } },
    { kind: 'dropped', reason: evil, position: 1, retryAfter: 0 },
  ];
  for (const json of [false, true]) {
    const { written, noted } = linesOf(items, json);
    for (const line of [...written, ...noted]) {
      assert.match(line, 'evil');
      assert.not.match(line, /[\p{Cc}\u2028\u202e]/u);
    }
    if (json) assert.is(JSON.parse(written[0] ?? '').operationId, evil);
  }
});

test.run();
