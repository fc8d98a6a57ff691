import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { recoveryUpdateSchema } from '../../../protocol.ts';
import { ask, served, TOKENS, VIEWER } from '../http/support/served.ts';
import { clientOf, next, subscribe, Told } from './support/connected.ts';

const test = suite('the live feed over socket.io');

const ended = (id: string) => (updates: readonly { operation_id: string; state: string }[]) =>
  updates.some(({ operation_id, state }) => operation_id === id && state === 'success');

test(
  'a client is told each transition of an operation, with what its chart decided and why',
  served({ server: { tokens: TOKENS } }, async ({ recovery, server }) => {
    let calls = 0;
    const flaky = recovery.operation(
      'flaky',
      () => {
        if (++calls < 2) throw Object.assign(new TypeError('reset'), { code: 'ECONNRESET' });
        return 'done';
      },
      { strategy: { calculateDelay: () => 1 } as never },
    );
    // As a newcomer would write it: it begins with polling, and is upgraded.
    const socket = clientOf(server.url, {
      transports: ['polling', 'websocket'],
      auth: { token: VIEWER },
    });
    try {
      const told = new Told(socket);
      assert.is(await subscribe(socket, {}), 0);
      await flaky.run(undefined, { id: 'one' });
      await told.until(ended('one'));
      assert.equal(
        told.updates.map(({ from_state, state }) => [from_state, state]),
        [
          [null, 'pending'],
          ['pending', 'in_progress'],
          ['in_progress', 'recovering'],
          ['recovering', 'in_progress'],
          ['in_progress', 'success'],
        ],
      );
      for (const update of told.updates) recoveryUpdateSchema.parse(update);
      assert.equal(
        told.updates.map(({ position }) => position),
        [1, 2, 3, 4, 5],
      );
      assert.is(told.updates[2]?.reason?.kind, 'retry');
      assert.is(told.updates[2]?.function_name, 'flaky');
    } finally {
      socket.disconnect();
    }
  }),
);

test(
  'a client that was away is first told what it missed, then that it is live',
  served({}, async ({ recovery, server }) => {
    const double = recovery.operation('double', async (n: number) => 2 * n);
    await double.run(1, { id: 'a' });
    await double.run(2, { id: 'b' });
    const socket = clientOf(server.url);
    try {
      const told = new Told(socket);
      const live = next(socket, 'live');
      assert.is(await subscribe(socket, { since: 2 }), 2);
      assert.equal(await live, { position: 6 });
      await double.run(3, { id: 'c' });
      await told.until(ended('c'));
      assert.equal(
        told.updates.map(({ position }) => position),
        [3, 4, 5, 6, 7, 8, 9],
      );
    } finally {
      socket.disconnect();
    }
  }),
);

test(
  'a client that missed too much, or comes from another store, gets a snapshot and is told so',
  served({}, async ({ recovery, server }) => {
    const double = recovery.operation('double', async (n: number) => 2 * n);
    await double.run(1, { id: 'a' });
    const socket = clientOf(server.url);
    try {
      const told = new Told(socket);
      const snapshot = next(socket, 'snapshot');
      await subscribe(socket, { since: 4_000 });
      const { position, operations, more } = await snapshot;
      assert.equal([position, more], [3, false]);
      assert.equal(
        operations.map(({ operation_id, state }) => [operation_id, state]),
        [['a', 'success']],
      );
      assert.not.ok(JSON.stringify(operations).includes('input'));
      await double.run(2, { id: 'b' });
      await told.until(ended('b'));
      assert.equal(
        told.updates.map(({ position }) => position),
        [4, 5, 6],
      );
    } finally {
      socket.disconnect();
    }
  }),
);

test(
  'a subscription tells what fits it, and replaces the one before',
  served({}, async ({ recovery, server }) => {
    const one = recovery.operation('one', async () => {});
    const two = recovery.operation('two', async () => {});
    const socket = clientOf(server.url);
    try {
      const told = new Told(socket);
      await subscribe(socket, { names: ['one'] });
      await subscribe(socket, { names: ['two'], states: ['success'] });
      await one.run(undefined, { id: 'a' });
      await two.run(undefined, { id: 'b' });
      await told.until(ended('b'));
      assert.equal(
        told.updates.map(({ operation_id }) => operation_id),
        ['b'],
      );
    } finally {
      socket.disconnect();
    }
  }),
);

test(
  'breakers and progress are told too',
  served({}, async ({ recovery, server }) => {
    let open = () => {};
    const gate = new Promise<void>(resolve => {
      open = resolve;
    });
    const failing = recovery.operation(
      'failing',
      async (_: undefined, op) => {
        op.progress({ done: 1 });
        op.progress({ done: 2 });
        await gate;
        throw Object.assign(new TypeError('reset'), { code: 'ECONNRESET' });
      },
      { maxRetries: 0, breaker: 'host', breakerOptions: { threshold: 1 } },
    );
    const socket = clientOf(server.url);
    try {
      await subscribe(socket, {});
      const progress = next(socket, 'progress');
      const opened = next(socket, 'breaker_update');
      const run = failing.run(undefined, { id: 'x' }).catch(() => {});
      const { operation_id, value, attempt } = await progress;
      assert.equal([operation_id, value, attempt], ['x', { done: 2 }, 1]);
      open();
      await run;
      const { key, state, from_state } = await opened;
      assert.equal([key, from_state, state], ['host', 'closed', 'open']);
    } finally {
      socket.disconnect();
    }
  }),
);

test(
  'commands are carried out, and answered when they are durable',
  served({}, async ({ recovery, server }) => {
    let broken = true;
    recovery.operation(
      'job',
      async (input: unknown) => {
        if (broken) throw new TypeError('broken');
        return input;
      },
      { maxRetries: 0 },
    );
    const socket = clientOf(server.url);
    try {
      const told = new Told(socket);
      await subscribe(socket, { states: ['success', 'failed', 'exhausted'] });
      const started = await socket.emitWithAck('start', {
        function_name: 'job',
        input: { n: 1 },
        operation_id: 'x',
      });
      assert.ok(started.ok && started.result.operation_id === 'x');
      await told.until(updates => updates.length === 1);
      broken = false;
      const retried = await socket.emitWithAck('retry', { operation_id: 'x' });
      assert.ok(retried.ok);
      await told.until(ended('x'));
      const late = await socket.emitWithAck('cancel', { operation_id: 'x' });
      assert.ok(late.ok && !late.result.changed && late.result.operation.state === 'success');
      const none = await socket.emitWithAck('pause', { operation_id: 'nobody' });
      assert.ok(!none.ok && none.problem.code === 'OPERATION_NOT_FOUND');
      const again = await socket.emitWithAck('retry', { operation_id: 'x' });
      assert.ok(!again.ok && again.problem.code === 'OPERATION_CONFLICT');
      const forced = await socket.emitWithAck('force_breaker', { key: 'job', to: 'isolated' });
      assert.ok(forced.ok && forced.result.state === 'isolated');
      const reset = await socket.emitWithAck('reset_breaker', { key: 'job' });
      assert.ok(reset.ok && reset.result.state === 'closed');
      assert.equal((await recovery.view('x'))?.input, { n: 1 });
    } finally {
      socket.disconnect();
    }
  }),
);

test('it is reached below the base path of somebody else’s server, beside whatever else that serves', async () => {
  const own = createServer((_, response) => void response.end('own'));
  let upgrades = 0;
  own.on('upgrade', (_, socket) => {
    upgrades++;
    socket.destroy();
  });
  await new Promise<void>(resolve => own.listen(0, '127.0.0.1', resolve));
  await served({ server: { server: own, basePath: '/recovery' } }, async ({ recovery, server }) => {
    const double = recovery.operation('double', async (n: number) => 2 * n);
    const socket = clientOf(server.url);
    const stray = clientOf(new URL(server.url).origin, { reconnection: false });
    const strayed = new Promise(resolve => stray.once('connect_error', resolve));
    try {
      const told = new Told(socket);
      await subscribe(socket, {});
      await double.run(1, { id: 'a' });
      await told.until(ended('a'));
      await strayed;
      assert.is(upgrades, 1);
    } finally {
      socket.disconnect();
      stray.disconnect();
    }
  })();
  const { port } = own.address() as AddressInfo;
  assert.is((await ask(`http://127.0.0.1:${port}/`)).text, 'own');
  await new Promise<void>(resolve => own.close(() => resolve()));
});

test.run();
