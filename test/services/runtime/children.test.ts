import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptOverError,
  ConfigError,
  OperationCancelledError,
  OperationConflictError,
} from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { childId } from '../../../services/runtime/child-id.ts';
import { rejects } from '../../support/rejects.ts';
import { deferred, failing, hanging, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('child operations');

test('no two pairs of parent and key share an id, however long or odd they are', () => {
  assert.is(childId('import-1', 'model'), 'import-1/model');
  const parts = ['a', 'b', 'a/b', 'a%2Fb', '/', '%', '~', 'x'.repeat(200), 'x'.repeat(199)];
  const parents = [...parts, 'p'.repeat(512), 'p'.repeat(511), 'a/a', 'a/a/b'];
  const ids = parents.flatMap(parent => parts.map(key => childId(parent, key)));
  // The child "b" of "a" may have children of its own, whose ids are those of a parent that is called "a/b".
  assert.is(new Set(ids).size, parents.length * parts.length);
  assert.ok(ids.every(id => id.length <= 512));
});

test(
  'a child is an operation of its own, and its output is its parent’s to use',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const twice = recovery.operation('twice', (n: number) => n * 2);
    const sum = recovery.operation('sum', async (numbers: number[], op) => {
      const all = numbers.map(n => op.child(twice, n, { key: `${n}`, metadata: { n } }));
      return (await Promise.all(all)).reduce((total, n) => total + n, 0);
    });
    const handle = await sum.start([1, 2, 3], { id: 's' });
    await settle();
    assert.is(await handle.result(), 12);
    const { items } = await recovery.list({ parentId: 's', order: 'oldest' });
    assert.equal(
      items.map(view => [view.id, view.parentId, view.output, view.metadata]),
      [1, 2, 3].map(n => [`s/${n}`, 's', n * 2, { n }]),
    );
    assert.is((await recovery.view('s'))?.parentId, null);
    assert.is((await recovery.summaries({ parentId: 's/1' })).items.length, 0);
    assert.is((await disk.row('s/1')).parentId, 's');
  }),
);

test(
  'the same key gives the same child, in one attempt and in the next',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = failing(0);
    const part = recovery.operation('part', fn);
    const whole = recovery.operation('whole', async (_: string, op) => {
      const ask = () => op.child(part, 'in', { key: 'k' });
      const both = await Promise.all([ask(), ask()]);
      if (op.attempt === 1) throw transient();
      return both;
    });
    const handle = await whole.start('x', { id: 'w' });
    await settle();
    await clock.advance(1_000);
    assert.equal(await handle.result(), ['in', 'in']);
    assert.is(calls.length, 1);
  }),
);

test(
  'a key that stands for another definition, another input or somebody else’s operation is refused',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const part = recovery.operation('part', (n: number) => n);
    const other = recovery.operation('other', (n: number) => n);
    await part.run(1, { id: 'w/taken' });
    const found: unknown[] = [];
    const whole = recovery.operation('whole', async (_: string, op) => {
      await op.child(part, 1, { key: 'k' });
      const second = [
        op.child(other, 1, { key: 'k' }),
        op.child(part, 2, { key: 'k' }),
        op.child(part, 1, { key: 'taken' }),
      ];
      for (const one of second) found.push(await rejects(one, OperationConflictError));
    });
    await whole.start('x', { id: 'w' });
    await settle();
    assert.equal(
      found.map(error => (error as Error).message.replace(/; give.*/, '')),
      [
        'operation "w/k" is one of "part", not of "other"',
        'operation "w/k" (part) was started with another input',
        'operation "w/taken" (part) is no child of "w"',
      ],
    );
  }),
);

test(
  'what cannot be a child is refused before anything begins',
  inWorld(async ({ boot, settle }) => {
    const [recovery, elsewhere] = [await boot(), await boot()];
    const part = recovery.operation('part', () => 1);
    const foreign = elsewhere.operation('part', () => 1);
    const asked = [
      [part, { key: '' }, /key of a child must be a string of 1 to 200 characters, got one of 0/],
      [part, { key: 'x'.repeat(201) }, /got one of 201/],
      [part, { key: 7 }, /got 7/],
      [part, undefined, /options must be an object with a key/],
      [part, { key: 'k', id: 'x' }, /id is not an option/],
      [foreign, { key: 'k' }, /must be one of the same recovery/],
      [{ name: 'part' }, { key: 'k' }, /must be one of the same recovery/],
    ] as const;
    const whole = recovery.operation('whole', async (_: string, op) => {
      for (const [definition, options, message] of asked) {
        const child = op.child(definition as typeof part, undefined, options as { key: string });
        assert.match((await rejects(child, ConfigError)).message, message);
      }
      return 'all refused';
    });
    const handle = await whole.start('x');
    await settle();
    assert.is(await handle.result(), 'all refused');
    assert.is((await recovery.list()).items.length, 1);
  }),
);

test(
  'cancel goes down to what is unfinished, and tells why',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const leaf = recovery.operation('leaf', fn);
    const quick = recovery.operation('quick', () => 'done');
    const middle = recovery.operation('middle', (_: number, op) =>
      op.child(leaf, undefined, { key: 'leaf' }),
    );
    const root = recovery.operation('root', async (_: number, op) => {
      await op.child(quick, undefined, { key: 'quick' });
      await Promise.all([1, 2].map(n => op.child(middle, n, { key: `${n}` })));
    });
    const handle = await root.start(1, { id: 'r' });
    await settle();
    assert.is(calls.length, 2);
    const told = rejects(handle.result(), OperationCancelledError);
    assert.is(await handle.cancel('enough'), true);
    await settle();
    await told;
    for (const id of ['r/1', 'r/2', 'r/1/leaf', 'r/2/leaf']) {
      const { state, error } = await disk.row(id);
      assert.is(state, 'failed');
      assert.match(String(error), /it was cancelled: its parent has ended/);
    }
    assert.is((await disk.row('r/quick')).state, 'success');
    assert.ok(calls.every(({ op }) => op.signal.aborted));
  }),
);

test(
  'a call that is over begins no child, and one that nobody waits for harms nobody',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const part = recovery.operation('part', hanging().fn);
    const after = deferred<OperationContext>();
    const whole = recovery.operation('whole', async (_: string, op) => {
      void op.child(part, 1, { key: 'left' });
      await op.step('let it begin', () => undefined);
      after.resolve(op);
      return 'done';
    });
    const handle = await whole.start('x', { id: 'w' });
    await settle();
    assert.is(await handle.result(), 'done');
    assert.is((await disk.row('w/left')).state, 'failed');
    const op = await after.promise;
    await rejects(op.child(part, 1, { key: 'late' }), AttemptOverError);
    assert.is((await recovery.list({ parentId: 'w' })).items.length, 1);
  }),
);

test.run();
