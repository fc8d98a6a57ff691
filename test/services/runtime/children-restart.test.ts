import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OperationContext } from '../../../services/ports.ts';
import { failing, hanging, permanent } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('child operations in another process');

/** A commit is made between two turns of the event loop. */
const turned = () => new Promise(resolve => setImmediate(resolve));

test(
  'a parent that dies attaches to the child that has ended meanwhile, and begins none a second time',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const part = failing(0);
    const define = async (end: Promise<void>) => {
      const recovery = await boot();
      const child = recovery.operation('part', part.fn);
      recovery.operation('whole', async (_: string, op) => {
        const output = await op.child(child, 'in', { key: 'k' });
        await end;
        return `${output}, at attempt ${op.attempt}`;
      });
      return recovery;
    };
    await (await define(new Promise(() => {}))).definition('whole')?.start('x', { id: 'w' });
    await settle();
    assert.is((await disk.row('w/k')).state, 'success');
    crash();
    const recovery = await define(Promise.resolve());
    assert.is((await recovery.resume()).resumed, 1);
    await settle();
    assert.is(await (await recovery.get('w'))?.result(), 'in, at attempt 2');
    assert.is(part.calls.length, 1);
  }),
);

test(
  'parent and child die together at any commit, go on together, and the child is one',
  inWorld(async ({ boot, settle, crash, disk }) => {
    /** How the child's row was whenever its function was called. */
    const called: string[] = [];
    const often = { maxInterruptions: 100 };
    for (let life = 0; ; life++) {
      const recovery = await boot();
      const child = recovery.operation('part', async (_: string, op: OperationContext) => {
        const { state, attempt } = await disk.row(op.id);
        called.push(`${state}, ${attempt - op.attempt}`);
        return op.step('once', () => undefined);
      });
      const whole = recovery.operation(
        'whole',
        async (_: string, op) => {
          await op.child(child, 'in', { key: 'k' });
          return life;
        },
        often,
      );
      await recovery.resume();
      if (life === 0) await whole.start('x', { id: 'w' });
      // Each life sees one commit more than the last one.
      const until = disk.commits.length + 1 + life;
      let quiet = false;
      const settling = settle().then(() => {
        quiet = true;
      });
      while (!quiet && disk.commits.length < until) await turned();
      if ((await disk.row('w')).state === 'success') break;
      crash();
      await settling;
      assert.ok(life < 50, 'it never ends');
    }
    await settle();
    const ids = new Set(disk.commits.flatMap(({ operations }) => operations.map(({ id }) => id)));
    assert.equal([...ids].sort(), ['w', 'w/k']);
    assert.equal([...new Set(called)], ['in_progress, 0']);
    assert.ok(called.length < 4, 'once for each death during a call');
  }),
);

test(
  'a child whose parent ended in a process that died at once is cancelled when it is brought to life',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const part = hanging();
    const define = async () => {
      const recovery = await boot();
      const child = recovery.operation('part', part.fn);
      recovery.operation('whole', (_: string, op) => op.child(child, 1, { key: 'k' }));
      return recovery;
    };
    const before = await define();
    const handle = await before.definition('whole')?.start('x', { id: 'w' });
    await settle();
    void handle?.cancel();
    // The commit that holds the parent's end is written; nobody lives to hear of it.
    while ((await disk.row('w')).state !== 'failed') await turned();
    crash();
    assert.is((await disk.row('w/k')).state, 'in_progress');
    const recovery = await define();
    await recovery.resume();
    await settle();
    assert.is((await disk.row('w/k')).state, 'failed');
    assert.is(recovery.health().active, 0);
  }),
);

test(
  'a child whose definition comes while its parent takes back is cancelled, and not called',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const undo = { back: () => new Promise<void>(() => {}) };
    const first = await boot();
    const part = first.operation('part', hanging().fn);
    const whole = first.operation(
      'whole',
      async (_: string, op) => {
        await op.onUndo('back');
        return op.child(part, 1, { key: 'k' });
      },
      { undo },
    );
    await whole.start('x', { id: 'w' });
    await settle();
    crash();
    const recovery = await boot();
    recovery.operation('whole', failing(1, permanent).fn, { undo });
    await recovery.resume();
    await settle();
    assert.is((await recovery.view('w'))?.path, 'in_progress.undoing');
    const late = hanging();
    recovery.operation('part', late.fn);
    await settle();
    assert.is((await disk.row('w/k')).state, 'failed');
    assert.is(late.calls.length, 0);
  }),
);

test(
  'cancelling a parent that is only in the store reaches its children there',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const before = await boot();
    const child = before.operation('part', hanging().fn);
    const whole = before.operation('whole', (_: string, op) =>
      Promise.all([1, 2].map(n => op.child(child, n, { key: `${n}` }))),
    );
    await whole.start('x', { id: 'w' });
    await settle();
    crash();
    const recovery = await boot();
    const cancelling = recovery.cancel('w');
    await settle();
    assert.is(await cancelling, true);
    for (const id of ['w', 'w/1', 'w/2']) assert.is((await disk.row(id)).state, 'failed');
  }),
);

test(
  'a parent waits no longer than the closing allows, and goes on with the same child after it',
  inWorld(async ({ boot, close, settle }) => {
    const define = async (fn: () => unknown) => {
      const recovery = await boot({ drainTimeout: 1_000 });
      const part = recovery.operation('part', fn);
      const whole = recovery.operation('whole', (_: string, op) =>
        op.child(part, undefined, { key: 'k' }),
      );
      return { recovery, whole };
    };
    const first = await define(() => new Promise(() => {}));
    const handle = await first.whole.start('x', { id: 'w' });
    void handle.result().catch(() => {});
    await settle();
    await close(first.recovery);
    const { recovery } = await define(() => 'again');
    assert.is((await recovery.resume()).resumed, 2);
    await settle();
    assert.is(await (await recovery.get('w'))?.result(), 'again');
  }),
);

test.run();
