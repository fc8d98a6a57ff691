import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecovery } from '../../../create-recovery.ts';
import { createRecoveryServer } from '../../../server.ts';
import { PersistenceError, RecoveryClosedError } from '../../../services/errors.ts';
import { Disk } from '../../services/runtime/support/disk.ts';
import { answerWith, ask, OPERATOR, served, TOKENS, VIEWER } from './support/served.ts';

const test = suite('http lifecycle');

test('is unready while the disk is full, and ready again when it is not', async () => {
  const disk = new Disk();
  const { store } = disk.session();
  const recovery = await createRecovery({ persistence: store, env: {} });
  const double = recovery.operation('double', async (n: number) => n * 2);
  const server = await createRecoveryServer(recovery, { port: 0 });
  const ready = () => ask(`${server.url}/health/ready`);
  const start = () =>
    ask(`${server.url}/api/operations`, { body: { function_name: 'double', input: 1 } });
  try {
    assert.is((await ready()).status, 200);
    disk.failure = new PersistenceError('ENOSPC: no space left on device');
    const refused = await start();
    assert.is(refused.status, 503);
    assert.is(refused.body.code, 'PERSISTENCE');
    const full = await ready();
    assert.is(full.status, 503);
    assert.is(full.body.system_healthy, false);
    assert.is(full.body.persistence_healthy, false);
    assert.match(full.body.problems[0], 'ENOSPC');
    // It is alive all the same: a restart would not help.
    assert.is((await ask(`${server.url}/health/live`)).status, 200);
    disk.failure = undefined;
    while ((await ready()).status !== 200) await sleep(20);
    assert.is((await start()).status, 202);
    assert.is(await double.run(2), 4);
  } finally {
    await server.close();
    await recovery.close();
  }
});

test(
  'is unready while too many operations wait for a slot, and says so',
  served(
    { server: { health: { maxBacklog: 1 } }, recovery: { concurrency: 1 } },
    async ({ recovery, ask }) => {
      let open = () => {};
      const opened = new Promise<void>(resolve => {
        open = resolve;
      });
      const wait = recovery.operation('wait', () => opened);
      const handles = [await wait.start(), await wait.start()];
      assert.is((await ask('/health/ready')).status, 200);
      handles.push(await wait.start());
      const { status, body } = await ask('/health/ready');
      assert.is(status, 503);
      assert.equal(body.problems, ['2 operations wait for a slot']);
      assert.equal(body.backlog, { running: 1, pending: 2, retrying: 0 });
      assert.is(body.persistence_healthy, true);
      open();
      await Promise.all(handles.map(handle => handle.result()));
      assert.is((await ask('/health/ready')).status, 200);
    },
  ),
);

test(
  'is unready when the event loop is held up',
  served({ server: { health: { maxEventLoopDelay: 50 } } }, async ({ ask }) => {
    for (let round = 0; round < 3; round++) {
      const until = Date.now() + 200;
      while (Date.now() < until);
      await sleep(30);
    }
    const { status, body } = await ask('/health/ready');
    assert.is(status, 503);
    assert.match(body.problems[0], 'event loop');
  }),
);

test('answers what is under way when it closes, and nothing after it', async () => {
  const disk = new Disk();
  const { store } = disk.session();
  const recovery = await createRecovery({ persistence: store, env: {} });
  recovery.operation('double', async (n: number) => n * 2);
  const server = await createRecoveryServer(recovery, { port: 0 });
  const { url } = server;
  disk.hold();
  const idle = connect(Number(new URL(url).port), '127.0.0.1');
  await once(idle, 'connect');
  const left = once(idle, 'close');
  const body = { function_name: 'double', input: 1, operation_id: 'one' };
  const started = ask(`${url}/api/operations`, { body });
  while (disk.underWay === 0) await sleep(5);
  const closed = server.close();
  assert.is(closed, server.close());
  await sleep(20);
  disk.release();
  assert.is((await started).status, 202);
  await closed;
  await left;
  const refused = await ask(`${url}/health/live`).catch((error: { code: string }) => error.code);
  assert.is(refused, 'ECONNREFUSED');
  assert.is(await (await recovery.get('one'))?.result(), 2);
  await recovery.close();
});

test('lets go of what is still under way when its time to close is over', async () => {
  const disk = new Disk();
  const { store } = disk.session();
  const recovery = await createRecovery({ persistence: store, env: {} });
  recovery.operation('double', async (n: number) => n * 2);
  const server = await createRecoveryServer(recovery, { port: 0, closeTimeout: 50 });
  disk.hold();
  const body = { function_name: 'double', input: 1 };
  const started = ask(`${server.url}/api/operations`, { body }).catch(error => error.code);
  while (disk.underWay === 0) await sleep(5);
  await server.close();
  assert.is(await started, 'ECONNRESET');
  disk.release();
  await recovery.close();
});

test('says that the recovery is closed', async () => {
  const recovery = await createRecovery({ env: {} });
  recovery.operation('double', async (n: number) => n * 2);
  const server = await createRecoveryServer(recovery, { port: 0 });
  await recovery.close();
  const body = { function_name: 'double', input: 1 };
  const { status, body: problem } = await ask(`${server.url}/api/operations`, { body });
  assert.is(status, 503);
  assert.is(problem.code, new RecoveryClosedError().code);
  assert.is((await ask(`${server.url}/health/ready`)).status, 503);
  await server.close();
});

test('is mounted on a server of somebody else, and leaves it as it was', async () => {
  const recovery = await createRecovery({ env: {} });
  recovery.operation('double', async (n: number) => n * 2);
  const http = createServer(answerWith('theirs'));
  const mounted = await createRecoveryServer(recovery, { server: http, tokens: TOKENS });
  assert.is(mounted.url, '/recovery');
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  assert.is(mounted.url, `${base}/recovery`);
  assert.is((await ask(`${base}/`)).text, 'theirs');
  assert.is((await ask(`${base}/recoveryx`)).text, 'theirs');
  assert.is((await ask(`${base}/api/operations`)).text, 'theirs');
  assert.is((await ask(`${mounted.url}/api/operations`)).status, 401);
  const started = await ask(`${mounted.url}/api/operations`, {
    body: { function_name: 'double', input: 1, operation_id: 'one' },
    token: OPERATOR,
  });
  assert.is(started.headers.location, '/recovery/api/operations/one');
  const document = await ask(`${mounted.url}/openapi.json`, { token: VIEWER });
  assert.equal(document.body.servers, [{ url: '/recovery' }]);
  await mounted.close();
  assert.is((await ask(`${base}/recovery/health/live`)).text, 'theirs');
  assert.ok(http.listening);
  http.close();
  http.closeAllConnections();
  await once(http, 'close');
  await recovery.close();
});

test('refuses a port that is taken, and can be tried again', async () => {
  const recovery = await createRecovery({ env: {} });
  const first = await createRecoveryServer(recovery, { port: 0 });
  const port = Number(new URL(first.url).port);
  const second = createRecoveryServer(recovery, { port });
  assert.is(await second.catch((error: { code: string }) => error.code), 'EADDRINUSE');
  await first.close();
  await (await createRecoveryServer(recovery, { port })).close();
  await recovery.close();
});

test.run();
