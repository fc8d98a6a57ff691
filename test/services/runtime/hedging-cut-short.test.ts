import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptTimeoutError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, permanent, stubborn, transient } from './support/functions.ts';
import { HEDGED } from './support/hedged.ts';
import { inWorld } from './support/world.ts';

const test = suite('hedging: cut short');

test(
  'a time-out reaches both calls, and the next attempt gives both time to end',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    for (const late of [0, 1]) {
      const { fn, calls } = stubborn();
      const work = recovery.operation(`late ${late}`, fn, { ...HEDGED, timeout: 500 });
      const handle = await work.start('input');
      await clock.advance(500);
      for (const { op } of calls) assert.instance(op.signal.reason, AttemptTimeoutError);
      calls[1 - late]?.end('too late');
      await clock.advance(1_500);
      assert.is(calls.length, 2, 'one of them is still at work');
      calls[late]?.fail(transient());
      await settle();
      assert.is(calls.length, 3);
      calls[2]?.end('done');
      await settle();
      assert.is(await handle.result(), 'done');
    }
  }),
);

test(
  'a limit that ends the second call leaves the first error to be judged',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', fn, { ...HEDGED, timeout: 500 });
    const refused = permanent();
    const failed = await work.start('input');
    await clock.advance(100);
    calls[0]?.fail(refused);
    await clock.advance(400);
    assert.instance(calls[1]?.op.signal.reason, AttemptTimeoutError);
    assert.is((await rejects(failed.result(), OperationFailedError)).cause, refused);

    const whole = recovery.operation('whole', fn, { ...HEDGED, totalTimeout: 500 });
    const exhausted = await whole.start('input');
    await clock.advance(100);
    calls[2]?.fail(refused);
    await clock.advance(400);
    assert.instance(calls[3]?.op.signal.reason, AttemptTimeoutError);
    const error = await rejects(exhausted.result(), OperationExhaustedError);
    assert.is(error.details.limit, 'totalTimeout');
    assert.is(error.cause, refused);

    // The second one has failed, the first one is cut off.
    const cut = await recovery
      .operation('cut', fn, { ...HEDGED, totalTimeout: 500 })
      .start('input');
    await clock.advance(100);
    calls[5]?.fail(refused);
    await clock.advance(400);
    await settle();
    const { cause } = await rejects(cut.result(), OperationExhaustedError);
    assert.instance(cause, AttemptTimeoutError);
  }),
);

test(
  'cancel reaches both calls',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const idle = clock.pending;
    const { fn, calls } = hanging();
    const handle = await recovery.operation('work', fn, HEDGED).start('input');
    await clock.advance(100);
    await handle.cancel('enough');
    await settle();
    await rejects(handle.result(), OperationCancelledError);
    for (const { op } of calls) assert.instance(op.signal.reason, OperationCancelledError);
    const early = await recovery.operation('early', fn, HEDGED).start('input');
    await clock.advance(50);
    await early.cancel();
    await clock.advance(60_000);
    assert.is(calls.length, 3, 'what is cancelled is not hedged');
    assert.is(clock.pending, idle);
    await rejects(early.result(), OperationCancelledError);
  }),
);

test(
  'close reaches both calls, which is no failure, and begins no second one',
  inWorld(async ({ boot, clock, disk, close, settle }) => {
    const recovery = await boot({ drainTimeout: 1_000 });
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, HEDGED);
    await work.start('input', { id: 'hedged' });
    await clock.advance(100);
    await work.start('input', { id: 'alone' });
    await clock.advance(50);
    await close(recovery);
    assert.is(calls.length, 3);
    for (const { op } of calls) assert.instance(op.signal.reason, RecoveryClosedError);
    for (const id of ['hedged', 'alone']) {
      const { state, attempt } = await disk.row(id);
      assert.equal([state, attempt], ['recovering', 1]);
      assert.is((await disk.history(id)).at(-1)?.reason?.kind, 'suspended');
    }
    const next = await boot();
    next.operation('work', async input => input);
    await next.resume();
    await settle();
    assert.is(await (await next.get('hedged'))?.result(), 'input');
  }),
);

test(
  'close waits for the call that is still at work when the other has failed by it',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ drainTimeout: 1_000 });
    const { fn, calls } = stubborn();
    const handle = await recovery.operation('work', fn, HEDGED).start('input');
    await clock.advance(100);
    const result = handle.result();
    const closing = recovery.close();
    await clock.advance(1_000);
    calls[0]?.fail(calls[0].op.signal.reason);
    await clock.advance(500);
    calls[1]?.end('just in time');
    await settle();
    await clock.advance(10_000);
    await closing;
    assert.is(await result, 'just in time');
  }),
);

test(
  'a process that dies while both calls run has interrupted one attempt',
  inWorld(async ({ boot, clock, crash, disk, settle }) => {
    const first = await boot();
    const { fn, calls } = stubborn();
    await first.operation('work', fn, HEDGED).start('input', { id: 'x' });
    await clock.advance(100);
    assert.is(calls.length, 2);
    crash();
    const second = await boot();
    const again = stubborn();
    second.operation('work', again.fn, HEDGED);
    await second.resume();
    await settle();
    assert.equal(
      again.calls.map(({ op }) => [op.attempt, op.hedge]),
      [[2, 0]],
    );
    again.calls[0]?.end('done');
    await settle();
    const events = (await disk.history('x')).map(({ event }) => event);
    assert.is(events.filter(event => event === 'attempt.interrupted').length, 1);
    assert.is(second.metrics.interruptions, 1);
  }),
);

test.run();
