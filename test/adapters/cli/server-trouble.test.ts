import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runHere } from '../../support/cli-in-process.ts';
import { served, TOKENS } from '../http/support/served.ts';

export const suiteTimeout = 60_000;
const test = suite('cli and servers in trouble');

/** Commands of every kind: they look, steer, start and follow. */
const COMMANDS = [['list'], ['watch'], ['cancel', 'x'], ['start', 'x']];

async function refusedEverywhere(url: string, words: RegExp, ...more: string[]): Promise<void> {
  for (const command of COMMANDS) {
    const { exit, out, err } = await runHere(...command, '--server', url, ...more);
    assert.is(exit, 1, command.join());
    assert.match(err, words);
    assert.is(err.trim().split('\n').length, 1, err);
    assert.is(out, '');
  }
}

test(
  'says in one line what is wrong with a token, without repeating it, and with a path',
  served({ server: { tokens: TOKENS } }, async ({ server }) => {
    const { url } = server;
    await refusedEverywhere(url, /wants a token; give it with RECOVERY_TOKEN \[UNAUTHORIZED\]/);
    const token = 'wrong-token-0123456789';
    await refusedEverywhere(url, /^(?!.*wrong-token).*does not know the token/, '--token', token);
    await refusedEverywhere(`${url}/deeper`, /has nothing at that address/);
  }),
);

test(
  'says in one line that nothing answers',
  served({}, async ({ server }) => {
    const { url } = server;
    await server.close();
    await refusedEverywhere(url, /nothing answers at .*: the connection was refused; start/);
  }),
);

test('says in one line that it is not our server', async () => {
  const page = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<html>');
  });
  await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve));
  const { port } = page.address() as AddressInfo;
  try {
    const words = /is no server of xstate-recovery: it gave an answer of text\/html/;
    await refusedEverywhere(`http://127.0.0.1:${port}`, words);
  } finally {
    page.closeAllConnections();
    await new Promise(resolve => page.close(resolve));
  }
});

test('answers what makes no sense with exit code 2, and asks nobody', async () => {
  const at = ['--server', 'http://127.0.0.1:9'];
  const download = ['download', 'http://h/f', 'f'];
  const wrong: [string[], RegExp][] = [
    [['list', '--store', 'x.db', ...at], /--store and --server exclude each other/],
    [['breakers', '--store', 'x', 'force', 'k', 'isolated', ...at], /exclude each other/],
    [['list', '--token', 'abc'], /--token is for a server/],
    [['list', '--server', 'localhost:3000'], /must begin with http/],
    [['list', '--server', 'http://me:secret@host'], /^(?!.*secret).*a name or a password/],
    [['list', ...at, '--token', 'a b'], /characters that no token has/],
    [['resume', ...at], /there is nothing to resume; `list` shows them/],
    [['doctor', ...at], /doctor reads the files of a store/],
    [['watch'], /name the server that has it with --server/],
    [['watch', '--store', 'x.db'], /name the server that has it/],
    [['start', 'x'], /only the process that defines an operation can start it/],
    [['start', 'x', '{a: 1}', ...at], /the input must be JSON/],
    [[...download, ...at, '--max-retries', '3'], /leave --max-retries out/],
    [[...download, '--server', 'http://ops.test'], /name its absolute path there/],
    [['breakers', 'force', 'k', 'open', ...at], /Allowed choices are isolated/],
    [['breakers', 'force', 'k'], /missing required argument 'to'/],
    [['breakers', 'break', 'k'], /too many arguments|unknown command/],
  ];
  for (const [args, message] of wrong) {
    const { exit, err } = await runHere(...args);
    assert.is(exit, 2, args.join(' '));
    assert.match(err, message);
  }
});

const EVIL = 'evil\u001b[2J\u009b31m\nforged  success\u202e';

test(
  'never lets ids, names, reasons and errors steer the terminal, nor begin a line of their own',
  served({}, async ({ recovery, server }) => {
    recovery.operation(EVIL, async (input: unknown) => {
      if (input === 1) throw new TypeError(EVIL);
      return input;
    });
    const commands = [
      ['start', EVIL, '1', '--id', EVIL],
      ['start', EVIL, JSON.stringify({ file: EVIL }), '--id', `${EVIL} well`],
      ['start', `${EVIL}x`],
      ['list'],
      ['list', '--json'],
      ['show', EVIL],
      ['show', EVIL, '--json'],
      ['show', `${EVIL}x`],
      ['cancel', EVIL, '--reason', EVIL],
      ['pause', EVIL],
      ['retry', EVIL],
      ['breakers', 'force', EVIL, 'isolated', '--reason', EVIL],
      ['breakers'],
      ['breakers', 'reset', EVIL],
      ['breakers', 'reset', `${EVIL}x`],
    ];
    for (const command of commands) {
      const { out, err } = await runHere(...command, '--server', server.url);
      const what = command.slice(0, 2).join();
      assert.not.match((out + err).replaceAll('\n', ''), /[\p{Cc}\u202e]/u, what);
      assert.not.match(out + err, /^forged/m, what);
    }
    const { out } = await runHere('list', '--json', '--server', server.url);
    const [, listed] = JSON.parse(out);
    assert.equal([listed.id, listed.name, listed.error.message], [EVIL, EVIL, EVIL]);
  }),
);

test.run();
