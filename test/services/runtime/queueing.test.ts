import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  OperationCancelledError,
  OperationExhaustedError,
  OverloadedError,
  PersistenceError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { failing, hanging, permanent } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('operations that wait for a slot');

test(
  'concurrency of a definition: the others are pending, durably, and begin in order as slots become free',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 2 });
    const handles = await Promise.all(['a', 'b', 'c', 'd'].map(id => work.start(id, { id })));
    await settle();
    assert.equal(
      handles.map(({ state }) => state),
      ['in_progress', 'in_progress', 'pending', 'pending'],
    );
    assert.is((await disk.row('d')).state, 'pending');
    assert.equal(recovery.health().slots, {
      running: 2,
      pending: 2,
      retrying: 0,
      concurrency: null,
      definitions: { work: { running: 2, pending: 2, retrying: 0 } },
    });
    calls[1]?.end();
    await settle();
    calls[0]?.fail(permanent());
    await settle();
    assert.equal(
      calls.map(({ op }) => op.id),
      ['a', 'b', 'c', 'd'],
    );
    for (const { end } of calls) end();
    await settle();
    assert.equal(recovery.health().slots.running, 0);
    assert.equal(recovery.health().slots.definitions, {});
  }),
);

test(
  'concurrency of the recovery: definitions take turns, and a limit of their own counts too',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot({ concurrency: 2 });
    const { fn, calls } = hanging();
    const many = recovery.operation('many', fn);
    const one = recovery.operation('one', fn, { concurrency: 1 });
    for (let n = 0; n < 5; n++) await many.start(n, { id: `m${n}` });
    for (let n = 0; n < 3; n++) await one.start(n, { id: `o${n}` });
    await settle();
    for (let n = 0; n < 8; n++) {
      calls[n]?.end();
      await settle();
    }
    assert.equal(
      calls.map(({ op }) => op.id),
      ['m0', 'm1', 'm2', 'o0', 'm3', 'm4', 'o1', 'o2'],
    );
  }),
);

test(
  'an aborted queued call stays queued (cockatiel bulkhead): not here; it is settled at once and its place is free',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1, maxPending: 1 });
    await work.start(1, { id: 'running' });
    const waiting = await work.start(1, { id: 'waiting' });
    await rejects(work.start(1), OverloadedError);
    const at = clock.now();
    const told = rejects(waiting.result(), OperationCancelledError);
    assert.is(await waiting.cancel('no need'), true);
    await told;
    assert.is(clock.now(), at);
    assert.is(recovery.health().slots.pending, 0);
    const next = await work.start(1, { id: 'next' });
    await settle();
    assert.equal([next.state, recovery.health().slots.running], ['pending', 1]);
    calls[0]?.end();
    await settle();
    assert.equal(
      calls.map(({ op }) => op.id),
      ['running', 'next'],
    );
  }),
);

test(
  'maxPending: what is refused leaves nothing behind, and says what is full',
  inWorld(async ({ boot, settle, disk }) => {
    const recovery = await boot({ maxPending: 1 });
    const { fn } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1 });
    for (const id of ['a', 'b']) await work.start(1, { id });
    for (const refusal of [
      work.start(1, { id: 'c' }),
      work.run(1, { id: 'd' }),
      work.start(1),
      work.run(1),
    ]) {
      const error = await rejects(refusal, OverloadedError);
      assert.is(error.code, 'OVERLOADED');
      const { limit, scope, waiting, maxPending } = error.details;
      assert.equal([limit, scope, waiting, maxPending], ['maxPending', 'recovery', 1, 1]);
    }
    await settle();
    assert.is(await recovery.get('c'), undefined);
    assert.equal(await disk.history('d'), []);
    assert.is((await recovery.list()).items.length, 2);
    assert.is(recovery.health().active, 2);
  }),
);

test(
  'pause takes one out of the queue, continue puts it back at its end',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1 });
    for (const id of ['a', 'b', 'c']) await work.start(1, { id });
    assert.is(await recovery.pause('b'), true);
    assert.is(recovery.health().slots.pending, 1);
    calls[0]?.end();
    await settle();
    assert.is(calls[1]?.op.id, 'c');
    calls[1]?.end();
    await settle();
    assert.is(calls.length, 2);
    const d = await work.start(1, { id: 'd' });
    await settle();
    assert.is(d.state, 'in_progress');
    assert.is(await recovery.continue('b'), true);
    await settle();
    assert.equal([calls.length, recovery.health().slots.pending], [3, 1]);
    calls[2]?.end();
    await settle();
    assert.is(calls[3]?.op.id, 'b');
  }),
);

test(
  'an operator who retries is not refused, and waits like everybody else',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1, maxPending: 0 });
    const told = rejects(work.run(1, { id: 'x' }), Error);
    await settle();
    calls[0]?.fail(permanent());
    await told;
    await work.start(1, { id: 'y' });
    const again = await recovery.retry('x');
    await settle();
    assert.equal([again.state, calls.length], ['pending', 2]);
    calls[1]?.end();
    await settle();
    assert.equal([again.state, calls[2]?.op.attempt], ['in_progress', 2]);
  }),
);

test(
  'the recovery has its limit changed while it runs',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot({ concurrency: 1 });
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn);
    for (let n = 0; n < 8; n++) await work.start(n);
    await settle();
    assert.is(calls.length, 1);
    recovery.updateConfig({ concurrency: 4 });
    await settle();
    assert.is(calls.length, 4);
    recovery.updateConfig({ concurrency: 2 });
    for (const { end } of calls.slice(0, 2)) end();
    await settle();
    assert.is(calls.length, 4);
    calls[2]?.end();
    await settle();
    assert.is(calls.length, 5);
    assert.is(recovery.health().slots.concurrency, 2);
  }),
);

test(
  'a limit that comes while operations run counts them',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn);
    for (let n = 0; n < 3; n++) await work.start(n);
    await settle();
    recovery.updateConfig({ concurrency: 3 });
    await work.start(3);
    await settle();
    assert.equal([calls.length, recovery.health().slots.running], [3, 3]);
    calls[0]?.end();
    await settle();
    assert.is(calls.length, 4);
  }),
);

test(
  'one that the breaker refuses leaves its slot to the next',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, {
      concurrency: 1,
      maxRetries: 0,
      breakerOptions: { threshold: 1, openTimeout: 60_000 },
    });
    const outcomes = ['a', 'b', 'c'].map(id => rejects(work.run(1, { id }), Error));
    await settle();
    calls[0]?.fail(new Error('broken'));
    const errors = await Promise.all(outcomes);
    // The breaker has counted the failure before the next one asks it.
    assert.equal([calls.length, errors.length], [1, 3]);
    assert.is(recovery.health().slots.running, 0);
    await clock.advance(60_000);
    await work.start(1);
    await settle();
    assert.is(calls.length, 2);
  }),
);

test(
  'one whose first commit fails gives its slot and its place back',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1 });
    disk.failure = new Error('the disk is full');
    const starts = ['a', 'b', 'c'].map(id => rejects(work.start(1, { id }), PersistenceError));
    await Promise.all(starts);
    disk.failure = undefined;
    await clock.advance(10_000);
    assert.equal(
      [recovery.health().slots.running, recovery.health().slots.pending, recovery.health().active],
      [0, 0, 0],
    );
    await work.start(1, { id: 'd' });
    await settle();
    assert.equal(
      calls.map(({ op }) => op.id),
      ['d'],
    );
  }),
);

test(
  'close() lets nothing that waits begin; it waits for the next resume()',
  inWorld(async ({ boot, settle, close, disk, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1, totalTimeout: 3_600_000 });
    const handles = await Promise.all(Array.from({ length: 200 }, (_, n) => work.start(n)));
    const told = handles.slice(1).map(handle => rejects(handle.result(), RecoveryClosedError));
    await settle();
    await close(recovery);
    await Promise.all(told);
    assert.is(calls.length, 1);
    assert.is((await disk.row(handles[199]?.id as string)).state, 'pending');
    assert.is(clock.pending, 0);
  }),
);

test(
  'op.deadline: of its own totalTimeout, handed down to what its function starts, the earlier of both',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const seen: Record<string, number | undefined> = {};
    const child = recovery.operation('child', (name: string, op) => {
      seen[name] = op.deadline;
    });
    const strict = recovery.operation(
      'strict',
      (name: string, op) => {
        seen[name] = op.deadline;
      },
      { totalTimeout: 10 },
    );
    const at = clock.now();
    const parent = recovery.operation(
      'parent',
      async (_: number, op) => {
        seen.parent = op.deadline;
        await op.step('deeper', () => child.run('child'));
        await strict.run('strict');
        await child.run('free', { inheritDeadline: false });
      },
      { totalTimeout: 5_000 },
    );
    await Promise.all([parent.run(1), settle()]);
    await child.run('alone');
    assert.equal(seen, {
      parent: at + 5_000,
      child: at + 5_000,
      strict: at + 10,
      free: undefined,
      alone: undefined,
    });
  }),
);

test(
  'a deadline that was handed down ends the operation, also after a restart',
  inWorld(async ({ boot, clock, settle, crash }) => {
    const define = async () => {
      const recovery = await boot();
      const child = recovery.operation('child', hanging().fn);
      const start = async () => void (await child.start(1, { id: 'child' }));
      const parent = recovery.operation('parent', start, { totalTimeout: 5_000 });
      return { recovery, parent };
    };
    const { parent } = await define();
    await Promise.all([parent.run(), settle()]);
    crash();
    await clock.advance(1_000);
    const { recovery } = await define();
    await recovery.resume();
    const handle = await recovery.get('child');
    const told = rejects(handle?.result() ?? Promise.resolve(), OperationExhaustedError);
    await clock.advance(3_999);
    assert.is(recovery.health().active, 1);
    await clock.advance(1);
    const error = await told;
    assert.is(error.details.limit, 'totalTimeout');
    assert.not.match(error.message, 'undefined');
  }),
);

test(
  'without limits nothing waits, and slots are counted all the same',
  inWorld(async ({ boot, settle }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const flaky = failing(1);
    await recovery.operation('flaky', flaky.fn).start(1);
    const work = recovery.operation('work', fn);
    for (let n = 0; n < 50; n++) await work.start(n);
    await settle();
    assert.is(calls.length, 50);
    assert.equal(recovery.health().slots, {
      running: 50,
      pending: 0,
      retrying: 0,
      concurrency: null,
      definitions: {},
    });
  }),
);

test.run();
