import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ConfigError,
  OperationConflictError,
  OperationExhaustedError,
  OperationFailedError,
  PersistenceError,
} from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, hanging, permanent, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('locks');

const lock = (target: string) => target;

test(
  'operations with one lock take turns, the oldest first, whatever their definition; others do not wait',
  inWorld(async ({ boot, settle, disk, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const install = recovery.operation('install', fn, { lock });
    const remove = recovery.operation('remove', fn, { lock });
    const free = recovery.operation('free', fn, { lock: () => undefined });
    const a = await install.start('x', { id: 'a' });
    await settle();
    await clock.advance(1);
    await remove.start('x', { id: 'b' });
    await clock.advance(1);
    await install.start('x', { id: 'c' });
    await install.start('y', { id: 'other' });
    await free.start('x', { id: 'free' });
    await settle();
    assert.equal(
      calls.map(({ op }) => op.id),
      ['a', 'other', 'free'],
    );
    assert.is((await recovery.view('b'))?.path, 'pending.locked');
    const reasons = (await disk.history('c')).map(({ event, to, reason }) => [
      event,
      to,
      reason?.message,
    ]);
    assert.equal(reasons[1], ['lock.wait', 'pending', 'waits for the lock "x", which "a" has']);
    assert.equal(recovery.health().locks, {
      held: 2,
      waiting: 2,
      keys: { x: { holder: 'a', waiting: 2 }, y: { holder: 'other', waiting: 0 } },
    });
    calls[0]?.end('done');
    await settle();
    assert.is(await a.result(), 'done');
    assert.equal([calls.length, calls[3]?.op.id], [4, 'b']);
    calls[3]?.fail(permanent());
    await settle();
    assert.is(calls[4]?.op.id, 'c');
    for (const { end } of calls) end();
    await settle();
    assert.equal(recovery.health().locks, { held: 0, waiting: 0, keys: {} });
    assert.equal(
      (await disk.history('c')).map(({ event }) => event),
      ['create', 'lock.wait', 'lock.granted', 'start', 'attempt.succeeded'],
    );
  }),
);

test(
  'a lock is kept through backoff and pause, and over an end that is not durable yet',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const install = recovery.operation('install', fn, { lock });
    const a = await install.start('x', { id: 'a' });
    await settle();
    await install.start('x', { id: 'b' });
    calls[0]?.fail(transient());
    await settle();
    assert.is(await a.pause(), true);
    await clock.advance(60_000);
    assert.is(calls.length, 1);
    await a.continue();
    await clock.advance(1_000);
    assert.equal([calls.length, calls[1]?.op.id], [2, 'a']);
    disk.hold();
    calls[1]?.end();
    await settle();
    assert.equal([a.state, calls.length], ['success', 2]);
    disk.release();
    await settle();
    assert.is(calls[2]?.op.id, 'b');
  }),
);

test(
  'after a crash the one that has begun has its lock, and the others stand in the order in which they were created',
  inWorld(async ({ boot, settle, clock, crash }) => {
    const first = await boot();
    const before = first.operation('install', deaf().fn, { lock });
    for (const id of ['c', 'b', 'a']) {
      await before.start('x', { id });
      await clock.advance(10);
    }
    crash();
    const recovery = await boot();
    const { fn, calls } = hanging();
    const install = recovery.operation('install', fn, { lock });
    const starting = install.start('x', { id: 'new' });
    await settle();
    await starting;
    assert.is(calls.length, 0, 'the holder is known before it is resumed');
    await recovery.resume();
    await settle();
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      assert.is(calls.length, turn + 1);
      order.push(calls[turn]?.op.id ?? '');
      calls[turn]?.end();
      await settle();
    }
    assert.equal(order, ['c', 'b', 'a', 'new']);
    assert.is(calls[0]?.op.attempt, 2);
  }),
);

test(
  'one that was granted the lock and died before it began does not come twice, nor does another overtake it',
  inWorld(async ({ boot, settle, clock, crash, disk }) => {
    const first = await boot({ concurrency: 1 });
    const blocker = first.operation('blocker', deaf().fn);
    await blocker.start(undefined, { id: 'blocker' });
    const before = first.operation('install', deaf().fn, { lock });
    await before.start('x', { id: 'b' });
    await clock.advance(10);
    await before.start('x', { id: 'a' });
    await settle();
    assert.equal(first.health().locks.keys, { x: { holder: 'b', waiting: 1 } });
    assert.is((await disk.row('b')).state, 'pending');
    crash();
    const recovery = await boot({ concurrency: 1 });
    const { fn, calls } = hanging();
    recovery.operation('blocker', async () => 'gone');
    recovery.operation('install', fn, { lock });
    await recovery.resume();
    await settle();
    assert.equal(
      calls.map(({ op }) => op.id),
      ['b'],
    );
    calls[0]?.end();
    await settle();
    assert.is(calls[1]?.op.id, 'a');
  }),
);

test(
  'a holder that no process goes on with keeps its lock until it is cancelled',
  inWorld(async ({ boot, settle, crash }) => {
    const first = await boot();
    await first.operation('gone', deaf().fn, { lock }).start('x', { id: 'old' });
    await settle();
    crash();
    const recovery = await boot();
    const { fn, calls } = hanging();
    const install = recovery.operation('install', fn, { lock });
    await recovery.resume();
    await install.start('x', { id: 'a' });
    await settle();
    assert.equal(recovery.health().locks.keys, { x: { holder: 'old', waiting: 1 } });
    assert.is((await recovery.view('a'))?.path, 'pending.locked');
    const cancelling = recovery.cancel('old');
    await settle();
    assert.is(await cancelling, true);
    assert.is(calls[0]?.op.id, 'a');
  }),
);

test(
  'one that waits can be cancelled, paused and continued, and ends at its deadline',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const install = recovery.operation('install', fn, { lock });
    const hasty = recovery.operation('hasty', fn, { lock, totalTimeout: 5_000 });
    await install.start('x', { id: 'a' });
    await settle();
    const b = await install.start('x', { id: 'b' });
    const c = await install.start('x', { id: 'c' });
    const late = await hasty.start('x', { id: 'late' });
    const told = rejects(late.result(), OperationExhaustedError);
    void b.result().catch(() => {});
    assert.equal([await b.cancel(), await c.pause()], [true, true]);
    await clock.advance(5_000);
    assert.match((await told).message, /totalTimeout ran out while it waited for its lock/);
    assert.equal(recovery.health().locks.keys, { x: { holder: 'a', waiting: 0 } });
    calls[0]?.end();
    await settle();
    assert.is(calls.length, 1, 'c is paused');
    const d = await install.start('x', { id: 'd' });
    await settle();
    assert.is(calls[1]?.op.id, 'd', 'what is paused before it has begun holds nobody up');
    assert.is(await c.continue(), true);
    calls[1]?.end();
    await settle();
    assert.is(calls[2]?.op.id, 'c');
    assert.is(d.state, 'success');
  }),
);

test(
  'whoever holds a slot waits for no lock: with one slot and one lock all come to their end',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot({ concurrency: 1 });
    const ended: number[] = [];
    const work = recovery.operation('work', async (n: number) => void ended.push(n), {
      lock: n => (n % 2 === 0 ? 'even' : undefined),
      concurrency: 1,
    });
    const all = [1, 2, 3, 4, 5, 6].map(n => work.run(n));
    await settle();
    await Promise.all(all);
    assert.equal([...ended].sort(), [1, 2, 3, 4, 5, 6]);
    assert.is(recovery.health().slots.running, 0);
  }),
);

test(
  'a child that needs what its parent has is refused, not left to wait for ever',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const part = recovery.operation('part', () => 1, { lock: () => 'x' });
    const middle = recovery.operation('middle', (_: number, op) =>
      op.child(part, undefined, { key: 'k' }),
    );
    const whole = recovery.operation(
      'whole',
      (_: string, op) => op.child(middle, 1, { key: 'm' }),
      { lock },
    );
    const handle = await whole.start('x', { id: 'w' });
    const failed = rejects(handle.result(), OperationFailedError);
    await settle();
    let { cause } = await failed;
    while (cause instanceof OperationFailedError) cause = cause.cause;
    assert.ok(cause instanceof OperationConflictError);
    assert.match(cause.message, /would wait for ever: "w", which waits for it, has the lock "x"/);
  }),
);

test(
  'an operator’s retry takes the lock again, and a first commit that fails gives it back',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const install = recovery.operation('install', fn, { lock });
    const a = await install.start('x', { id: 'a' });
    void a.result().catch(() => {});
    await settle();
    calls[0]?.fail(permanent());
    await settle();
    const retrying = recovery.retry('a');
    await settle();
    await retrying;
    assert.equal(recovery.health().locks.keys, { x: { holder: 'a', waiting: 0 } });
    calls[1]?.end();
    await settle();
    disk.failure = new Error('full');
    const refused = rejects(install.start('x', { id: 'b' }), PersistenceError);
    await settle();
    await refused;
    assert.equal(recovery.health().locks.keys, {});
  }),
);

test(
  'a key that cannot be one is refused with what it was',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    for (const [given, message] of [
      ['', /must give a string of 1 to 1000 characters or undefined, got one of 0/],
      ['x'.repeat(1_001), /got one of 1001/],
      [7, /got 7/],
      [null, /got null/],
    ] as const) {
      const name = `work ${String(given).slice(0, 5)}`;
      const work = recovery.operation(name, () => 1, { lock: () => given as string });
      assert.match((await rejects(work.start(), ConfigError)).message, message);
    }
    const broken = recovery.operation('broken', () => 1, {
      lock: () => {
        throw permanent();
      },
    });
    assert.match((await rejects(broken.start(), ConfigError)).message, /threw an error/);
    const define = () => recovery.operation('bad', () => 1, { lock: 'x' as never });
    assert.throws(define, /lock must be a function/);
  }),
);

for (const first of ['the lock is asked for', 'it is resumed']) {
  test(
    `what is quarantined since it cannot be migrated holds nobody up, where ${first} first; once cancelled it is listed no more`,
    inWorld(async ({ boot, settle, crash }) => {
      await (await boot()).operation('old', deaf().fn, { lock }).start('x', { id: 'a' });
      await settle();
      crash();
      const recovery = await boot();
      const migrate = () => {
        throw new TypeError('no way');
      };
      recovery.operation('old', deaf().fn, { lock, version: 2, migrate });
      const work = recovery.operation('work', async (input: string) => input, { lock });
      const resume = async () => {
        const resuming = recovery.resume();
        await settle();
        await resuming;
      };
      if (first === 'it is resumed') await resume();
      const handle = await work.start('x', { id: 'b' });
      await settle();
      if (first !== 'it is resumed') await resume();
      await settle();
      assert.is(handle.state, 'success');
      assert.equal(
        recovery.health().quarantined.map(({ id }) => id),
        ['a'],
      );
      const cancelling = recovery.cancel('a');
      await settle();
      assert.is(await cancelling, true);
      assert.equal(recovery.health().quarantined, []);
    }),
  );
}

test.run();
