import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationConflictError, OperationFailedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, hanging, permanent, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('retries of child operations');

test(
  'the child’s error is its parent’s, which does not retry it; an operator’s retry of the parent does',
  inWorld(async ({ boot, clock, settle, crash, disk }) => {
    const parts = { bad: failing(2, permanent), good: failing(0) };
    const define = async () => {
      const recovery = await boot();
      const bad = recovery.operation('bad', parts.bad.fn);
      const good = recovery.operation('good', parts.good.fn);
      recovery.operation('whole', async (_: string, op) => [
        await op.child(good, 'g', { key: 'good' }),
        await op.child(bad, 'b', { key: 'bad' }),
      ]);
      return recovery;
    };
    const first = await define();
    const handle = await first.definition('whole')?.start('x', { id: 'w' });
    const failed = rejects(handle?.result() ?? Promise.resolve(), OperationFailedError);
    await settle();
    const { cause } = await failed;
    assert.ok(cause instanceof OperationFailedError);
    assert.match(cause.message, /"w\/bad" \(bad\) failed: not allowed/);
    assert.is((await disk.row('w')).attempt, 1);

    const retrying = first.retry('w');
    await settle();
    await rejects((await retrying).result(), OperationFailedError);
    assert.is(parts.bad.calls.length, 2);
    crash();

    // The retry may come from another process, and the parent may die before it comes to the child.
    const second = await define();
    disk.hold();
    const again = second.retry('w');
    await settle();
    disk.release();
    await settle();
    assert.equal(await (await again).result(), ['g', 'b']);
    assert.equal([parts.good.calls.length, parts.bad.calls.length], [1, 3]);
    await clock.advance(0);
  }),
);

test(
  'a retried parent that comes to a child which still takes back begins it anew when that is over',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const slow = recovery.operation(
      'slow',
      async (input: string, op) => {
        await op.onUndo('back');
        return fn(input, op);
      },
      { undo: { back: () => new Promise<void>(resolve => clock.setTimeout(resolve, 500)) } },
    );
    const bad = recovery.operation('bad', failing(1, permanent).fn);
    const whole = recovery.operation('whole', (_: string, op) =>
      Promise.all([op.child(slow, 's', { key: 'slow' }), op.child(bad, 'b', { key: 'bad' })]),
    );
    const handle = await whole.start('x', { id: 'w' });
    const failed = rejects(handle.result(), OperationFailedError);
    await settle();
    await failed;
    assert.is((await recovery.view('w/slow'))?.path, 'in_progress.undoing');
    const retrying = recovery.retry('w');
    await settle();
    const again = (await retrying).result();
    again.catch(() => {});
    await clock.advance(2_000);
    assert.is(calls.length, 2);
    calls[1]?.end('done');
    await settle();
    assert.equal(await again, ['done', 'b']);
  }),
);

test(
  'a child alone is not retried once its parent has ended, and is while its parent goes on',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const part = recovery.operation('part', failing(1, permanent).fn);
    recovery.operation('whole', async (_: string, op) => {
      await op.child(part, 'in', { key: 'k' }).catch(() => {});
      await new Promise<void>(resolve => clock.setTimeout(resolve, 500));
      throw permanent();
    });
    await recovery.definition('whole')?.start('x', { id: 'w' });
    await settle();
    const again = recovery.retry('w/k');
    await settle();
    assert.is(await (await again).result(), 'in');

    const bad = recovery.operation('bad', failing(9, permanent).fn);
    recovery.operation('other', (_: string, op) => op.child(bad, 'in', { key: 'k' }));
    await recovery.definition('other')?.start('x', { id: 'v' });
    await clock.advance(1_000);
    const refused = await rejects(recovery.retry('v/k'), OperationConflictError);
    assert.match(refused.message, /is a part of "v", which has ended; retry that one/);
  }),
);

test(
  'a child alone is not retried while its parent takes back, in whichever process that is',
  inWorld(async ({ boot, settle, clock }) => {
    const define = async () => {
      const recovery = await boot();
      const part = recovery.operation('part', failing(9, permanent).fn);
      recovery.operation(
        'whole',
        async (_: string, op) => {
          await op.child(part, 'in', { key: 'k' }).catch(() => {});
          await op.onUndo('slowly', null);
          throw permanent();
        },
        { undo: { slowly: () => new Promise<void>(done => clock.setTimeout(done, 500)) } },
      );
      return recovery;
    };
    const recovery = await define();
    const handle = await recovery.definition('whole')?.start('x', { id: 'w' });
    await settle();
    const refused = await rejects(recovery.retry('w/k'), OperationConflictError);
    assert.match(refused.message, /is a part of "w", which takes back what it has done/);
    const next = await define();
    const stored = await rejects(next.retry('w/k'), OperationConflictError);
    assert.match(stored.message, /which takes back what it has done/);
    await next.resume();
    await clock.advance(1_000);
    const ended = await rejects(next.retry('w/k'), OperationConflictError);
    assert.match(ended.message, /which has ended/);
    await handle?.result().catch(() => undefined);
  }),
);

test(
  'a parent that retries by itself gets the error of an ended child again',
  inWorld(async ({ boot, clock, settle, disk }) => {
    const recovery = await boot();
    const bad = failing(9, permanent);
    const part = recovery.operation('part', bad.fn);
    const whole = recovery.operation('whole', async (_: string, op) => {
      await rejects(op.child(part, 1, { key: 'k' }), OperationFailedError);
      if (op.attempt < 3) throw transient();
      return op.attempt;
    });
    const handle = await whole.start('x', { id: 'w' });
    await settle();
    await clock.advance(10_000);
    assert.is(await handle.result(), 3);
    assert.is(bad.calls.length, 1);
    assert.is((await disk.history('w/k')).at(-1)?.to, 'failed');
  }),
);

test.run();
