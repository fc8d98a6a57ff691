import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { keptBytes } from '../../services/operations/download-fixture.ts';
import { type Cli, until, withCli } from '../../support/cli.ts';
import { ask, OPERATOR, VIEWER } from '../http/support/served.ts';

export const suiteTimeout = 120_000;
const content = sampleBytes(500_000);
const test = suite('cli serve');

/** The address that a server prints; waits for it. */
async function urlOf(cli: Cli): Promise<string> {
  let ended = false;
  void cli.finished.then(() => {
    ended = true;
  });
  await until(() => ended || cli.out().includes('\n'));
  return cli.out().split('\n', 1)[0] as string;
}

test(
  'serves the store at the address that it prints, until it is told to stop',
  withCli(async ({ server, folder, start, run }) => {
    const serving = start('serve', '--port', '0');
    const url = await urlOf(serving);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const input = { url: server.serve('/model', { content }), file: join(folder, 'model') };
    const body = { function_name: 'download', operation_id: 'one', input };
    assert.is((await ask(`${url}/api/operations`, { body })).status, 202);
    const state = async () => (await ask(`${url}/api/operations/one`)).body.state;
    await until(async () => (await state()) === 'success');
    assert.match((await ask(`${url}/metrics`)).text, /^xstate_recovery_\w+\{.*download/m);
    // One process has the store.
    assert.is((await run('list')).exit, 1);
    serving.child.kill('SIGTERM');
    const { exit, err } = await serving.finished;
    assert.is(exit, 0, err);
    assert.match(err, 'RECOVERY_OPERATOR_TOKENS');
    assert.match((await run('list')).out, /one +download +success/);
  }),
);

test(
  'goes on with what it was doing when it was killed',
  withCli(async ({ server, folder, start }) => {
    const first = start('serve', '--port', '0');
    const address = server.serve('/model', { content, pace: 250_000 });
    const input = { url: address, file: join(folder, 'model') };
    const body = { function_name: 'download', operation_id: 'one', input };
    await ask(`${await urlOf(first)}/api/operations`, { body });
    await until(async () => (await keptBytes(join(folder, 'model'))) > 0);
    first.child.kill('SIGKILL');
    await first.finished;
    server.serve('/model', { content });
    const second = start('serve', '--port', '0');
    const url = await urlOf(second);
    const one = async () => (await ask(`${url}/api/operations/one`)).body;
    await until(async () => (await one()).state === 'success');
    assert.ok((await one()).output.resumedFrom > 0);
    second.child.kill('SIGINT');
    assert.is((await second.finished).exit, 0);
    assert.match(second.out(), 'going on with 1 operation');
  }),
);

test(
  'takes its tokens from the environment, and no open address without them',
  withCli(async ({ env, run, start }) => {
    const refused = await run('serve', '--host', '0.0.0.0', '--port', '0');
    assert.is(refused.exit, 1);
    assert.match(refused.err, 'host must be loopback as long as there are no tokens');
    assert.is((await run('serve', '--port', '70000')).exit, 2);
    env.RECOVERY_VIEWER_TOKENS = VIEWER;
    env.RECOVERY_OPERATOR_TOKENS = ` ${OPERATOR}, ${OPERATOR}2`;
    const serving = start('serve', '--host', '0.0.0.0', '--port', '0', '--allow-host', 'ops.test');
    const url = await urlOf(serving);
    const list = `${url}/api/operations`;
    assert.is((await ask(list)).status, 401);
    assert.is((await ask(list, { token: VIEWER })).status, 200);
    const headers = { host: 'ops.test' };
    assert.is((await ask(list, { token: `${OPERATOR}2`, headers })).status, 200);
    assert.is((await ask(list, { token: VIEWER, method: 'POST' })).status, 403);
    serving.child.kill('SIGTERM');
    const { exit, out, err } = await serving.finished;
    assert.is(exit, 0);
    assert.not.match(out + err, /-token-|everyone/);
  }),
);

test.run();
