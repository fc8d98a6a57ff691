import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { type CliPlace, killed, serving, until, withCli } from '../../support/cli.ts';
import { OPERATOR, VIEWER } from '../http/support/served.ts';

export const suiteTimeout = 300_000;
const content = sampleBytes(200_000);
const gone: Fault = { kind: 'status', status: 404 };
const down: Fault = { kind: 'status', status: 503, retryAfter: '100' };
const test = suite('cli at a server');

/** The input of a download, as an argument. */
const inputOf = ({ folder }: CliPlace, url: string, file: string): string =>
  JSON.stringify({ url, file: join(folder, file) });

/** As JSON, without what a server keeps to itself. */
const plain = (json: string): unknown =>
  JSON.parse(json, (key, member) => (key === 'stack' ? undefined : member));

test(
  'lists and shows at a server what it lists and shows in a store, byte for byte',
  withCli(async place => {
    const { server, run, env } = place;
    const first = await serving(place);
    const bad = server.serve('/bad', { content, faults: [gone] });
    env.RECOVERY_SERVER = first.url;
    const good = server.serve('/good', { content });
    assert.is((await run('download', good, 'good', '--id', 'good')).exit, 0);
    assert.is((await run('start', 'download', inputOf(place, bad, 'bad'), '--id', 'bad')).exit, 1);
    const looks = [
      ['list'],
      ['list', '--state', 'failed'],
      ['list', '--text', 'GOOD', '--limit', '1'],
      ['show', 'good'],
      ['show', 'bad'],
      ['show', 'nobody'],
      ['list', '--json'],
      ['show', 'good', '--json'],
      ['show', 'bad', '--json'],
    ];
    await run('breakers', 'force', 'k', 'isolated', '--ttl', '1h', '--reason', 'broken');
    // Those that nothing has happened to are the server's own.
    const breaker = async () =>
      JSON.parse((await run('breakers', '--json')).out).find(
        ({ key }: { key: string }) => key === 'k',
      );
    const breakerThere = await breaker();
    const there = [];
    for (const look of looks) there.push(await run(...look));
    await killed(first, 'SIGTERM');
    delete env.RECOVERY_SERVER;
    assert.is(breakerThere.state, 'isolated');
    assert.equal(breakerThere, await breaker());
    env.RECOVERY_SERVER = 'http://127.0.0.1:9';
    assert.is(
      (await run('list', '--store', 'recovery.db')).exit,
      0,
      '--store wins over the environment',
    );
    assert.is((await run('doctor')).exit, 0, 'files are files');
    delete env.RECOVERY_SERVER;
    for (const [index, look] of looks.entries()) {
      const here = await run(...look);
      const what = look.join(' ');
      assert.is(there[index]?.exit, here.exit, what);
      assert.is(there[index]?.err, here.err, what);
      if (look.includes('--json')) {
        assert.equal(plain(there[index]?.out ?? ''), plain(here.out), what);
      } else assert.is(there[index]?.out, here.out, what);
    }
  }),
);

test(
  'pauses, continues, cancels and retries, and gives orders to breakers: the same words in a store and at a server',
  withCli(async place => {
    const { server, run, env } = place;
    const first = await serving(place);
    const url = server.serve('/file', { content, faults: [down, down] });
    const start = (id: string) =>
      run(
        'start',
        'download',
        inputOf(place, url, id),
        '--id',
        id,
        '--detach',
        '--server',
        first.url,
      );
    for (const id of ['id-a', 'id-b']) assert.match((await start(id)).out, `started: ${id}\n`);
    const seen = async (id: string) =>
      (await run('show', id, '--server', first.url)).out.includes('-> recovering');
    for (const id of ['id-a', 'id-b']) await until(() => seen(id));

    const commands = (id: string) => [
      ['pause', id],
      ['pause', id],
      ['continue', id],
      ['continue', id],
      ['cancel', id, '--reason', 'not wanted'],
      ['cancel', id],
      ['pause', 'nobody'],
      ['breakers', 'force', `k-${id}`, 'isolated', '--reason', 'broken'],
      ['breakers', '--json', 'force', `k-${id}`, 'forced_closed'],
      ['breakers', 'reset', `k-${id}`, '--json'],
      ['breakers', 'reset', `k-${id}`],
      ['breakers', 'reset', `never-${id}`],
      ['breakers', 'force', `k-${id}`, 'metrics_only', '--ttl', '1h'],
    ];
    const told = async (id: string) => {
      const lines: string[] = [];
      for (const command of commands(id)) {
        const { exit, out, err } = await run(...command);
        lines.push(`${exit} ${(out + err).replaceAll(id, 'ID')}`.replace(/until .*/, 'until then'));
      }
      return lines;
    };
    env.RECOVERY_SERVER = first.url;
    const there = await told('id-b');
    server.serve('/file', { content });
    const retried = await run('retry', 'id-b');
    assert.is(retried.exit, 0, retried.err);
    assert.match(retried.out, /id-b {2}pending[\s\S]*success: .*id-b, 200\.0 kB/);
    assert.match((await run('show', 'id-b')).out, /not wanted/);
    await killed(first);
    delete env.RECOVERY_SERVER;
    const here = await told('id-a');
    assert.equal(there, here);
    assert.equal(there.slice(0, 6), [
      '0 paused: ID\n',
      '1 error: ID cannot be paused now: recovering.paused\n',
      '0 continued: ID\n',
      '1 error: ID is not paused: recovering.backoff\n',
      '0 cancelled: ID\n',
      '1 error: ID cannot be cancelled now: failed\n',
    ]);
    assert.match(
      there[6] ?? '',
      /^1 error: there is no operation "nobody" \[OPERATION_NOT_FOUND\]/,
    );
    assert.is(there[7], '0 isolated: k-ID\n');
    assert.match(there[9] ?? '', '"state": "closed"');
    assert.match(there[11] ?? '', /^1 error: nothing has used the breaker "never-ID" yet/);
    assert.is(there[12], '0 metrics_only: k-ID until then\n');
    assert.match((await run('breakers')).out, /k-id-a +metrics_only/);
  }),
);

test(
  'takes its token from the environment or a flag, and says what is wrong with it',
  withCli(async place => {
    const { run, env } = place;
    env.RECOVERY_VIEWER_TOKENS = VIEWER;
    env.RECOVERY_OPERATOR_TOKENS = OPERATOR;
    const { url } = await serving(place);
    const at = ['--server', url];
    const none = await run('list', ...at);
    assert.is(none.exit, 1);
    assert.match(none.err, /wants a token; give it with RECOVERY_TOKEN \[UNAUTHORIZED\]/);
    assert.is((await run('list', ...at, '--token', VIEWER)).exit, 0);
    env.RECOVERY_TOKEN = VIEWER;
    assert.is((await run('list', ...at)).exit, 0);
    const forbidden = await run('breakers', 'force', 'k', 'isolated', ...at);
    assert.is(forbidden.exit, 1);
    assert.match(forbidden.err, /the token may only look at/);
    const order = ['breakers', 'force', 'k', 'isolated', ...at, '--token', OPERATOR];
    assert.is((await run(...order)).exit, 0);
    const { err } = await run('list', ...at, '--token', 'wrong-token-0123456789');
    assert.match(err, /does not know the token/);
  }),
);

test.run();
