import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptOverError,
  AttemptTimeoutError,
  ConfigError,
  OperationCancelledError,
  OperationConflictError,
  OperationExhaustedError,
  OperationFailedError,
} from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { childId } from '../../../services/runtime/child-id.ts';
import { rejects } from '../../support/rejects.ts';
import { deferred, failing, hanging, permanent, transient } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('child operations');

/** A commit is made between two turns of the event loop. */
const turned = () => new Promise(resolve => setImmediate(resolve));

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

test(
  'a parent whose attempt times out hears of it at once, and its next attempt attaches to the same child',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const part = recovery.operation('part', fn);
    const heard: unknown[] = [];
    const whole = recovery.operation(
      'whole',
      async (_: string, op) => {
        try {
          return await op.child(part, 1, { key: 'k' });
        } catch (error) {
          heard.push(error);
          throw error;
        }
      },
      { timeout: 5_000 },
    );
    const handle = await whole.start('x', { id: 'w' });
    await settle();
    await clock.advance(5_000);
    assert.ok(heard[0] instanceof AttemptTimeoutError);
    await clock.advance(1_000);
    calls[0]?.end('late');
    await settle();
    assert.is(await handle.result(), 'late');
    assert.is(calls.length, 1);
  }),
);

test(
  'a child must have ended by its parent’s deadline, also where it is begun again',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const deadlines: (number | undefined)[] = [];
    const part = recovery.operation('part', (_: number, op: OperationContext) => {
      deadlines.push(op.deadline);
      return new Promise(() => {});
    });
    const whole = recovery.operation('whole', (_: string, op) => op.child(part, 1, { key: 'k' }), {
      totalTimeout: 7_000,
    });
    const handle = await whole.start('x', { id: 'w' });
    const told = rejects(handle.result(), OperationExhaustedError);
    await settle();
    await clock.advance(7_000);
    await told;
    const retried = recovery.retry('w');
    await settle();
    void (await retried).result().catch(() => {});
    await settle();
    assert.equal(deadlines, [STARTED_AT + 7_000, STARTED_AT + 14_000]);
  }),
);

test(
  'with one slot in all, a parent that waits lends it to its children, and to theirs',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot({ concurrency: 1 });
    const running: string[] = [];
    const leaf = recovery.operation('leaf', async (id: string) => {
      running.push(`${recovery.health().slots.running} running in ${id}`);
      return id;
    });
    const middle = recovery.operation(
      'middle',
      (id: string, op) =>
        Promise.all(['a', 'b'].map(key => op.child(leaf, `${id}${key}`, { key }))),
      { concurrency: 1 },
    );
    const root = recovery.operation('root', async (_: string, op) => {
      const all = await Promise.all(['1', '2'].map(key => op.child(middle, key, { key })));
      running.push(`${recovery.health().slots.running} running at the end`);
      return all.flat().join();
    });
    const handle = await root.start('x', { id: 'r' });
    await settle();
    assert.is(await handle.result(), '1a,1b,2a,2b');
    assert.equal(running.slice(0, 1), ['1 running in 1a']);
    assert.is(running.at(-1), '1 running at the end');
    await settle();
    assert.is(recovery.health().slots.running, 0);
  }),
);

test(
  'a slot that was lent is neither lost nor doubled, however the wait ends',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ concurrency: 2 });
    const { fn, calls } = hanging();
    const part = recovery.operation('part', fn);
    const whole = recovery.operation('whole', (_: string, op) => op.child(part, 1, { key: 'k' }), {
      timeout: 5_000,
      maxRetries: 1,
    });
    const cancelled = await whole.start('x', { id: 'cancelled' });
    const late = await whole.start('x', { id: 'late' });
    void Promise.allSettled([cancelled.result(), late.result()]);
    await settle();
    assert.is(recovery.health().slots.running, 2);
    await cancelled.cancel();
    await settle();
    assert.is(recovery.health().slots.running, 1);
    await clock.advance(5_000);
    assert.is(recovery.health().slots.running, 1, 'the parent waits for its retry');
    await clock.advance(1_000);
    assert.is(recovery.health().slots.running, 1, 'its second attempt waits for the same child');
    calls[1]?.fail(permanent());
    await settle();
    assert.is(recovery.health().slots.running, 0);
    assert.is(late.state, 'failed');
  }),
);

test(
  'children are never refused for the queue that they join',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const part = recovery.operation('part', async (n: number) => n, {
      concurrency: 1,
      maxPending: 0,
    });
    const whole = recovery.operation('whole', (_: string, op) =>
      Promise.all([1, 2, 3].map(n => op.child(part, n, { key: `${n}` }))),
    );
    const handle = await whole.start('x');
    await settle();
    assert.equal(await handle.result(), [1, 2, 3]);
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
