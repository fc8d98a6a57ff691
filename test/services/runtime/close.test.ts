import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RecoveryClosedError } from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, deferred, failing, hanging } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('closing a recovery');

test(
  'running attempts get drainTimeout to end',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot({ drainTimeout: 5_000 });
    const { fn, calls } = hanging();
    const handle = await recovery.operation('work', fn).start(1, { id: 'x' });
    await settle();
    const result = handle.result();
    let closed = false;
    const closing = recovery.close().then(() => {
      closed = true;
    });
    await clock.advance(4_999);
    assert.equal([closed, calls[0]?.op.signal.aborted], [false, false]);
    calls[0]?.end('in time');
    await settle();
    await closing;
    assert.is(await result, 'in time');
    assert.is((await disk.row('x')).state, 'success');
  }),
);

test(
  'after drainTimeout the signal says so; what heeds it is suspended, which is no interruption',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot({ drainTimeout: 5_000 });
    const { fn, calls } = hanging();
    const handle = await recovery.operation('work', fn).start('x', { id: 'x' });
    await settle();
    const told = rejects(handle.result(), RecoveryClosedError);
    const closing = recovery.close();
    await clock.advance(5_000);
    await closing;
    assert.instance(calls[0]?.op.signal.reason, RecoveryClosedError);
    await told;
    await rejects(handle.result(), RecoveryClosedError);
    assert.is((await disk.row('x')).state, 'recovering');

    const next = await boot();
    const again = failing(0);
    next.operation('work', again.fn);
    await next.resume();
    await settle();
    assert.is(await (await next.get('x'))?.result(), 'x');
    assert.equal(
      again.calls.map(({ attempt }) => attempt),
      [2],
    );
    assert.equal([next.metrics.interruptions, next.metrics.retries], [0, 0]);
    assert.is((await disk.history('x'))[2]?.reason?.kind, 'suspended');
  }),
);

test(
  'a function that ignores its signal holds the close up for one second more, and goes on in the next process',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot({ drainTimeout: 2_000 });
    const { fn, calls } = deaf();
    const handle = await recovery.operation('work', fn).start('x', { id: 'x' });
    await settle();
    const told = rejects(handle.result(), RecoveryClosedError);
    let closed = false;
    const closing = recovery.close().then(() => {
      closed = true;
    });
    await clock.advance(2_999);
    assert.equal([closed, calls[0]?.signal.aborted], [false, true]);
    await clock.advance(1);
    await closing;
    await told;
    const next = await boot();
    next.operation('work', failing(0).fn);
    await next.resume();
    await settle();
    assert.is(await (await next.get('x'))?.result(), 'x');
  }),
);

test(
  'a step that ends after the signal, while close still waits, is kept; one that would begin is refused',
  inWorld(async ({ boot, clock, close, disk, settle }) => {
    const recovery = await boot({ drainTimeout: 1_000 });
    const ran: string[] = [];
    const work = async (_: unknown, op: OperationContext): Promise<unknown> => {
      await op.step('paid', () => {
        ran.push('paid');
        return new Promise<void>(resolve => void clock.setTimeout(resolve, 1_500));
      });
      return op.step('sent', () => void ran.push('sent'));
    };
    await recovery.operation('work', work).start(undefined, { id: 'x' });
    await settle();
    await close(recovery);
    assert.equal(ran, ['paid']);
    assert.is((await disk.row('x')).state, 'recovering');

    const next = await boot();
    next.operation('work', work);
    await next.resume();
    await clock.advance(5_000);
    assert.equal(ran, ['paid', 'sent']);
  }),
);

test(
  'an attempt whose function was not called yet is suspended, wherever the close meets it',
  inWorld(async ({ boot, settle, clock, disk, close, crash }) => {
    const first = await boot();
    await first.operation('work', deaf().fn).start('x', { id: 'x' });
    await settle();
    crash();

    // In a restored operation, between the durable number and the call, the steps are read.
    const second = await boot();
    const { fn, calls } = failing(0);
    second.operation('work', fn);
    const { promise, resolve } = deferred();
    disk.stepsOnTheirWay = promise;
    await second.resume();
    await settle();
    assert.equal([(await disk.row('x')).attempt, calls.length], [2, 0]);
    const closing = second.close();
    await clock.advance(60_000);
    await closing;
    resolve();
    await settle();
    assert.is(calls.length, 0);
    const row = await disk.row('x');
    assert.equal([row.state, row.attempt], ['recovering', 2]);

    // In a new one the number is not durable yet.
    const third = await boot();
    disk.hold();
    const starting = third.operation('other', fn).start('y', { id: 'y' });
    await settle();
    const ending = third.close();
    disk.release();
    await clock.advance(60_000);
    await ending;
    assert.is((await starting).id, 'y');
    assert.is(calls.length, 0);
    assert.is((await disk.row('y')).state, 'recovering');

    const fourth = await boot();
    fourth.operation('work', fn);
    fourth.operation('other', fn);
    await fourth.resume();
    await settle();
    assert.equal(
      calls.map(({ input }) => input),
      ['x', 'y'],
    );
    assert.is(fourth.metrics.interruptions, 0);
    await close(fourth);
  }),
);

test(
  'a retry that falls due while it closes waits for the next process',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot({ drainTimeout: 5_000 });
    const { fn, calls } = failing(1);
    await recovery.operation('work', fn).start('x', { id: 'x' });
    const hang = hanging();
    await recovery.operation('hang', hang.fn).start(1);
    await settle();
    const closing = recovery.close();
    await clock.advance(10_000);
    await closing;
    assert.is(calls.length, 1);
    assert.is((await disk.row('x')).state, 'recovering');
  }),
);

test(
  'a time-out while it closes is a time-out, not a suspension',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot({ drainTimeout: 5_000 });
    await recovery.operation('work', hanging().fn, { timeout: 1_000 }).start(1, { id: 'x' });
    await settle();
    const closing = recovery.close();
    await clock.advance(5_000);
    await closing;
    assert.is((await disk.history('x')).at(-1)?.reason?.kind, 'retry');
  }),
);

test(
  'after it everything that would begin is refused, and closing again is the same close',
  inWorld(async ({ boot, close }) => {
    const recovery = await boot();
    const work = recovery.operation('work', async () => 1);
    const handle = await work.start(undefined, { id: 'x' });
    assert.is(await handle.result(), 1);
    await close(recovery);
    assert.is(recovery.close(), recovery.close());
    await recovery.close();
    for (const refused of [
      work.start(),
      work.run(),
      recovery.resume(),
      recovery.retry('x'),
      recovery.cancel('x'),
      recovery.pause('x'),
      recovery.continue('x'),
      handle.cancel(),
    ]) {
      await rejects(refused, RecoveryClosedError);
    }
    assert.is(await handle.result(), 1);
    assert.is(recovery.health().healthy, false);
  }),
);

test(
  'the streams end with it',
  inWorld(async ({ boot, close }) => {
    const recovery = await boot();
    const ended: string[] = [];
    recovery.transitions$.subscribe({ complete: () => ended.push('transitions') });
    recovery.progress$.subscribe({ complete: () => ended.push('progress') });
    await close(recovery);
    assert.equal(ended, ['transitions', 'progress']);
  }),
);

test(
  'calls that are on their way to the store are told too',
  inWorld(async ({ boot, settle, clock, crash, disk }) => {
    const first = (await boot()).operation('work', deaf().fn);
    for (const id of ['a', 'b']) await first.start(id, { id });
    await settle();
    crash();
    const recovery = await boot();
    const work = recovery.operation('work', failing(0).fn);
    const { promise, resolve } = deferred();
    disk.rowsOnTheirWay = promise;
    const calls = [work.start('a', { id: 'a' }), recovery.cancel('b'), recovery.retry('b')];
    const outcomes = Promise.allSettled(calls);
    const closing = recovery.close();
    resolve();
    await clock.advance(60_000);
    await closing;
    for (const outcome of await outcomes) {
      assert.is(outcome.status, 'rejected');
      if (outcome.status === 'rejected') assert.instance(outcome.reason, RecoveryClosedError);
    }
    for (const id of ['a', 'b']) assert.is((await disk.row(id)).state, 'in_progress');
  }),
);

test.run();
