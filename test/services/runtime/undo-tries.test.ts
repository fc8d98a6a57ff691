import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError, OperationFailedError } from '../../../services/errors.ts';
import type { OperationContext, UndoContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { permanent, transient } from './support/functions.ts';
import { fails, hangs, registering, soon, undos } from './support/undos.ts';
import { inWorld } from './support/world.ts';

const test = suite('undo: tries, limits and retries of the operation');

test(
  'its time in all being over is followed by the undos, which have the time of an attempt',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const calls: number[] = [];
    const undo = {
      remove: (_: unknown, op: UndoContext) => {
        calls.push(op.attempt);
        return op.attempt === 1 ? hangs() : undefined;
      },
      close() {},
    };
    const options = { undo, totalTimeout: 5_000, timeout: 2_000, maxRetries: 9 };
    const fn = registering(() => {
      throw transient();
    });
    const handle = await recovery.operation('work', fn, options).start(1);
    const exhausted = rejects(handle.result(), OperationExhaustedError);
    await settle();
    await clock.advance(4_999);
    await settle();
    assert.equal(calls, [1]);
    await clock.advance(10_000);
    assert.is((await exhausted).details.limit, 'totalTimeout');
    assert.equal(calls, [1, 2]);
  }),
);

test(
  'an undo is retried as the strategy says, and given up after its retries; the one before is called all the same',
  inWorld(async world => {
    const { boot, clock, settle } = world;
    const { undo, calls } = undos(transient(), transient(), transient());
    const recovery = await boot();
    const work = recovery.operation('work', registering(fails), { undo, undoRetries: 2 });
    const handle = await work.start(1, { id: 'x' });
    const failed = rejects(handle.result(), OperationFailedError);
    await settle();
    assert.equal(handle.actor.getSnapshot().value, { recovering: 'undoing' });
    await clock.advance(999);
    assert.is(calls.length, 1);
    await clock.advance(1);
    await clock.advance(1_000);
    const error = await failed;
    assert.equal(
      calls.map(([name, , attempt]) => [name, attempt]),
      [
        ['close', 1],
        ['close', 2],
        ['close', 3],
        ['remove', 1],
      ],
    );
    assert.equal(error.details.undo, {
      left: 0,
      done: 1,
      failed: [{ name: 'close', error: 'Error', message: transient().message }],
    });
    assert.match(error.message, /1 of its 2 undos did not succeed: undo "close"/);
    const words = (await world.disk.history('x')).map(({ reason }) => reason?.message ?? '');
    assert.ok(words.some(text => /undo "close": .*; retry 1 of 2 in 1000 ms/.test(text)));
    assert.ok(words.some(text => /undo "close" is given up: .*"remove" comes next/.test(text)));
    assert.equal([recovery.metrics.undos, recovery.metrics.failedUndos], [1, 1]);
    assert.is(recovery.metrics.retries, 0);
  }),
);

test(
  'what the classifier does not retry ends an undo at once',
  inWorld(async world => {
    const { boot } = world;
    const { undo, calls } = undos(permanent());
    const recovery = await boot();
    const error = await rejects(
      soon(world, recovery.operation('work', registering(fails), { undo }).run(1)),
      OperationFailedError,
    );
    assert.is(calls.length, 2);
    assert.is((error.details.undo as { failed: unknown[] }).failed.length, 1);
  }),
);

test(
  'while it takes back it has no slot, and others run; its lock it keeps until it has ended',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    let open: (() => void) | undefined;
    const undo = {
      remove() {},
      close: () =>
        new Promise<void>(resolve => {
          open = resolve;
        }),
    };
    const one = recovery.operation('one', registering(fails), {
      undo,
      concurrency: 1,
      lock: () => 'disk',
    });
    const handle = await one.start(1, { id: 'one' });
    handle.result().catch(() => {});
    await settle();
    assert.is(recovery.health().slots.running, 0);
    const other = recovery.operation('other', async (_: number) => 'ran', { lock: () => 'disk' });
    const waiting = await other.start(2);
    await settle();
    assert.equal(waiting.actor.getSnapshot().value, { pending: 'locked' });
    open?.();
    await settle();
    assert.is(await waiting.result(), 'ran');
  }),
);

test(
  'an operator’s retry after undos runs every step and child again, and registers anew',
  inWorld(async world => {
    const { boot, settle } = world;
    const recovery = await boot();
    const { undo, calls } = undos();
    const ran: string[] = [];
    const part = recovery.operation('part', async (n: number) => {
      ran.push(`child ${n}`);
      return n;
    });
    let isBroken = true;
    const fn = async (_: unknown, op: OperationContext) => {
      await op.onUndo('remove', 1);
      await op.step('made', () => void ran.push('step'));
      await op.child(part, 1, { key: 'part' });
      if (isBroken) throw permanent();
      return 'done';
    };
    const work = recovery.operation('work', fn, { undo });
    await rejects(soon(world, work.run(1, { id: 'x' })), OperationFailedError);
    assert.is(calls.length, 1);
    isBroken = false;
    const handle = await recovery.retry('x');
    await settle();
    assert.is(await handle.result(), 'done');
    assert.equal(ran, ['step', 'child 1', 'step', 'child 1']);
    assert.is(calls.length, 1);
    assert.is((await recovery.view('x/part~2'))?.state, 'success');
    assert.is((await recovery.steps('x')).length, 1);
  }),
);

test(
  'without undos an operator’s retry keeps what steps have given',
  inWorld(async world => {
    const { boot, settle } = world;
    const recovery = await boot();
    let steps = 0;
    let isBroken = true;
    const fn = async (_: unknown, op: OperationContext) => {
      await op.step('made', () => void steps++);
      if (isBroken) throw permanent();
    };
    const work = recovery.operation('work', fn, { undo: undos().undo });
    await rejects(soon(world, work.run(1, { id: 'x' })), OperationFailedError);
    isBroken = false;
    const handle = await recovery.retry('x');
    await settle();
    await handle.result();
    assert.is(steps, 1);
  }),
);

test.run();
