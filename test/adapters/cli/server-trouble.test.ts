import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { type CliPlace, killed, serving, withCli } from '../../support/cli.ts';
import { OPERATOR, VIEWER } from '../http/support/served.ts';

export const suiteTimeout = 300_000;
const content = sampleBytes(200_000);
const gone: Fault = { kind: 'status', status: 404 };
const test = suite('cli and servers in trouble');

/** The input of a download, as an argument. */
const inputOf = ({ folder }: CliPlace, url: string, file: string): string =>
  JSON.stringify({ url, file: join(folder, file) });

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
    const token = 'wrong-token-0123456789';
    for (const command of [['list'], ['watch'], ['start', 'x']]) {
      const wrong = await run(...command, ...at, '--token', token);
      assert.is(wrong.exit, 1, command.join());
      assert.match(wrong.err, /does not know the token/);
      assert.is(wrong.err.trim().split('\n').length, 1);
      assert.not.match(wrong.out + wrong.err, token);
    }
  }),
);

test(
  'says in one line what is wrong with an address',
  withCli(async place => {
    const { server, run } = place;
    const page = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<html>');
    });
    await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve));
    const { port } = page.address() as AddressInfo;
    const away = await serving(place);
    await killed(away);
    const cases: [string, RegExp][] = [
      [away.url, /nothing answers at .*: the connection was refused; start the server/],
      [
        `http://127.0.0.1:${port}`,
        /is no server of xstate-recovery: it gave an answer of text\/html/,
      ],
      [server.serve('/file', { content }), /is no server of xstate-recovery/],
    ];
    try {
      for (const [url, words] of cases) {
        for (const command of [['list'], ['watch'], ['cancel', 'x'], ['start', 'x']]) {
          const { exit, out, err } = await run(...command, '--server', url);
          assert.is(exit, 1, url);
          assert.match(err, words);
          assert.is(err.trim().split('\n').length, 1, err);
          assert.is(out, '');
        }
      }
    } finally {
      await new Promise(resolve => page.close(resolve));
    }
  }),
);

test(
  'answers what makes no sense with exit code 2, and asks nobody',
  withCli(async ({ run, env }) => {
    const at = ['--server', 'http://127.0.0.1:9'];
    const wrong: [string[], RegExp][] = [
      [['list', '--store', 'x.db', ...at], /--store and --server exclude each other/],
      [['breakers', '--store', 'x.db', 'force', 'k', 'isolated', ...at], /exclude each other/],
      [['list', '--token', 'abc'], /--token is for a server/],
      [['list', '--server', 'localhost:3000'], /must begin with http/],
      [['list', '--server', 'http://me:secret@host'], /must not have a name or a password/],
      [['list', ...at, '--token', 'a b'], /characters that no token has/],
      [['resume', ...at], /there is nothing to resume; `list` shows them/],
      [['doctor', ...at], /doctor reads the files of a store/],
      [['watch'], /name the server that has it with --server/],
      [['watch', '--store', 'x.db'], /name the server that has it/],
      [['start', 'x'], /only the process that defines an operation can start it/],
      [['start', 'x', '{a: 1}', ...at], /the input must be JSON/],
      [['download', 'http://h/f', 'f', ...at, '--max-retries', '3'], /leave --max-retries out/],
      [
        ['download', 'http://h/f', 'f', '--server', 'http://ops.test'],
        /name its absolute path there/,
      ],
      [['breakers', 'force', 'k', 'open', ...at], /Allowed choices are isolated/],
      [['breakers', 'force', 'k'], /missing required argument 'to'/],
      [['breakers', 'break', 'k'], /too many arguments|unknown command/],
    ];
    for (const [args, message] of wrong) {
      const { exit, err } = await run(...args);
      assert.is(exit, 2, args.join(' '));
      assert.match(err, message);
      assert.not.match(err, 'secret');
    }
    env.RECOVERY_SERVER = 'http://127.0.0.1:9';
    const stored = await run('list', '--store', 'none.db');
    assert.match(
      stored.err,
      /there is no store at .*none\.db/,
      '--store wins over the environment',
    );
    assert.match((await run('doctor')).err, /there is no store at/);
  }),
);

test(
  'never lets ids and names steer the terminal, nor begin a line of their own',
  withCli(async place => {
    const { server, run } = place;
    const { url } = await serving(place);
    const id = 'evil\u001b[2J\u009b31m\nforged  success\u202e';
    const file = server.serve('/file', { content, faults: [gone] });
    const input = inputOf(place, file, 'a');
    const commands = [
      ['start', 'download', input, '--id', id],
      ['list'],
      ['list', '--json'],
      ['show', id],
      ['show', id, '--json'],
      ['cancel', id],
      ['pause', id],
      ['show', `${id}x`],
      ['breakers', 'force', id, 'isolated', '--reason', id],
      ['breakers'],
      ['breakers', 'reset', `${id}x`],
    ];
    for (const command of commands) {
      const { out, err } = await run(...command, '--server', url);
      assert.not.match((out + err).replaceAll('\n', ''), /[\p{Cc}\u202e]/u, command.join());
      assert.not.match(out + err, /^forged/m, command.join());
    }
    const [listed] = JSON.parse((await run('list', '--json', '--server', url)).out);
    assert.is(listed.id, id);
  }),
);

test.run();
