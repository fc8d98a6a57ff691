import { AsyncLocalStorage } from 'node:async_hooks';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationFailedError } from '../../../services/errors.ts';
import type { CallObserver, RecoveryObserver } from '../../../services/ports.ts';
import { currentOperation } from '../../../services/runtime/current-operation.ts';
import { FollowedCall } from '../../../services/runtime/followed-call.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, failing, permanent, stubborn, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('followers of calls');

/** An observer that notes everything that it is told of calls. */
function noting() {
  const notes: string[] = [];
  const follow = (what: string): CallObserver => {
    notes.push(`${what} began`);
    return {
      wrap: call => {
        notes.push(`${what} called`);
        call();
        notes.push(`${what} returned`);
      },
      stepBegan: name => follow(`${what}/${name}`),
      hedgeBegan: () => follow(`${what}/hedge`),
      ended: end => {
        const more = end.kind === 'failed' ? [end.error.message, end.category ?? '-'] : [];
        notes.push([what, end.kind, ...more].join(' '));
      },
    };
  };
  const observer: RecoveryObserver = {
    callBegan: ({ kind, attempt }) => follow(`${kind} ${attempt}`),
  };
  return { notes, observer };
}

test(
  'each attempt and each step is told of from its beginning to its end, in order',
  inWorld(async ({ boot, clock }) => {
    const recovery = await boot();
    const { notes, observer } = noting();
    recovery.observe(observer);
    let tries = 0;
    const run = recovery
      .operation('work', async (_: number, op) => {
        await op.step('one', async () => 1);
        if (tries++ === 0) throw transient('odd');
      })
      .run(1);
    await clock.advance(5_000);
    await run;
    assert.equal(notes, [
      'attempt 1 began',
      'attempt 1 called',
      'attempt 1/one began',
      'attempt 1/one called',
      'attempt 1/one returned',
      'attempt 1 returned',
      'attempt 1/one succeeded',
      'attempt 1 failed odd network',
      'attempt 2 began',
      'attempt 2 called',
      'attempt 2 returned',
      'attempt 2 succeeded',
    ]);
  }),
);

test(
  'a step has ended when its result is durable, and fails where that cannot be',
  inWorld(async ({ boot, disk, settle }) => {
    const recovery = await boot();
    const { notes, observer } = noting();
    const run = recovery.operation('work', async (_: number, op) => {
      disk.hold();
      await op.step('one', () => 1);
      await op.step('two', () => ({ when: new Date(0) }));
    });
    recovery.observe(observer);
    const handle = await run.start(1);
    await settle();
    assert.is(notes.at(-1), 'attempt 1 returned');
    disk.release();
    await rejects(handle.result(), OperationFailedError);
    assert.is(notes.filter(note => note === 'attempt 1/one succeeded').length, 1);
    assert.ok(notes.some(note => note.startsWith('attempt 1/two failed')));
  }),
);

test(
  'a hedge is told of below its attempt, and ends before it: won, lost, failed, or cut off',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const { notes, observer } = noting();
    recovery.observe(observer);
    const ends = () => notes.splice(0).filter(note => !/began|called|returned/.test(note));
    const { fn, calls } = stubborn();
    const work = recovery.operation('work', fn, { hedgeAfter: 100, timeout: 1_000, maxRetries: 0 });
    const begin = async () => {
      const handle = await work.start(1);
      await clock.advance(100);
      return { handle, first: calls.at(-2), second: calls.at(-1) };
    };

    const won = await begin();
    won.second?.end();
    await won.handle.result();
    assert.equal(ends(), ['attempt 1/hedge succeeded', 'attempt 1 succeeded']);

    const lost = await begin();
    lost.first?.end();
    await lost.handle.result();
    assert.equal(ends(), ['attempt 1/hedge lost', 'attempt 1 succeeded']);

    const failed = await begin();
    failed.second?.fail(permanent('second'));
    await settle();
    assert.equal(ends(), ['attempt 1/hedge failed second -']);
    failed.first?.fail(permanent('first'));
    await failed.handle.result().catch(() => {});
    assert.equal(ends(), ['attempt 1 failed first permission']);

    const cancelled = await begin();
    await cancelled.handle.cancel();
    assert.equal(ends(), ['attempt 1/hedge cancelled', 'attempt 1 cancelled']);

    const slow = await begin();
    await clock.advance(1_000);
    await slow.handle.result().catch(() => {});
    const [hedge = '', attempt = ''] = ends();
    assert.match(hedge, /^attempt 1\/hedge failed .* timeout of 1000 ms/);
    assert.match(attempt, /^attempt 1 failed .* timeout of 1000 ms/);
  }),
);

test(
  'a fallback is a call of its own; a closing recovery suspends what is at work',
  inWorld(async ({ boot, settle, close }) => {
    const recovery = await boot();
    const { notes, observer } = noting();
    const left: string[] = [];
    recovery.observe({ ...observer, left: (id, why) => void left.push(`${id} ${why}`) });
    await recovery
      .operation('falls', failing(9, permanent).fn, { fallback: () => 1 })
      .run(1, { id: 'falls' });
    assert.equal(notes.splice(0).slice(-4), [
      'fallback 1 began',
      'fallback 1 called',
      'fallback 1 returned',
      'fallback 1 succeeded',
    ]);
    await recovery.operation('hangs', deaf().fn).start(1, { id: 'hangs' });
    await settle();
    await close(recovery);
    assert.is(notes.at(-1), 'attempt 1 suspended');
    assert.equal(left, ['hangs closed']);
  }),
);

test(
  'several followers wrap one call; the function is called once and what it gives arrives',
  inWorld(async ({ boot }) => {
    const recovery = await boot();
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    recovery.observe({
      callBegan: () => ({ wrap: call => storage.run('within', call) }),
    });
    recovery.observe({
      callBegan: () => ({
        wrap: call => {
          call();
          call();
        },
      }),
    });
    recovery.observe({ callBegan: () => ({ wrap: () => {} }) });
    recovery.observe({ callBegan: () => ({}) });
    const work = recovery.operation('work', async (input: number, op) => {
      await null;
      seen.push(storage.getStore(), currentOperation() === op);
      return op.step('one', () => {
        seen.push(storage.getStore());
        return input + 1;
      });
    });
    assert.is(await work.run(1), 2);
    assert.equal(seen, ['within', true, 'within']);
  }),
);

test('a function that throws at once throws through its wrappers, whatever they do', () => {
  const faults: unknown[] = [];
  const observer: RecoveryObserver = {};
  const followed = FollowedCall.of(
    [{ observer }, { observer }],
    () => ({
      wrap: call => {
        call();
        throw new TypeError('of the wrapper');
      },
      ended() {
        throw new TypeError('of the end');
      },
    }),
    (of, error) => faults.push([of === observer, (error as Error).message]),
  );
  assert.throws(
    () =>
      followed?.run(() => {
        throw new RangeError('of the function');
      }),
    /of the function/,
  );
  followed?.ended({ kind: 'cancelled' });
  assert.equal(faults, [
    [true, 'of the wrapper'],
    [true, 'of the wrapper'],
    [true, 'of the end'],
    [true, 'of the end'],
  ]);
});

test(
  'without an observer nothing is followed and no trace is kept, and one that has ended its following is told of nothing new',
  inWorld(async ({ boot, disk }) => {
    const { of } = FollowedCall;
    let made = 0;
    const counting = (...given: unknown[]): unknown => {
      made++;
      return Reflect.apply(of, FollowedCall, given);
    };
    FollowedCall.of = counting as typeof of;
    try {
      const recovery = await boot();
      const work = recovery.operation('work', (_: number, op) => op.step('one', () => 1));
      await work.run(1, { id: 'alone' });
      assert.is(made, 0);
      assert.not.match(JSON.stringify((await disk.row('alone')).snapshot), /"trace"/);
      const { notes, observer } = noting();
      const stop = recovery.observe(observer);
      await work.run(1);
      assert.is(made, 2);
      const told = notes.length;
      stop();
      await work.run(1);
      assert.equal([made, notes.length], [2, told]);
    } finally {
      FollowedCall.of = of;
    }
  }),
);

test.run();
