import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PersistenceError, RecoveryClosedError } from '../../../services/errors.ts';
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
