import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationCancelledError } from '../../../services/errors.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';
import { rejects } from '../../support/rejects.ts';
import { hanging, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('retries that wait for a slot');

test(
  'a retry that waits stays recovering, behind those who came before it; a backoff holds no slot',
  inWorld(async ({ boot, settle, clock, disk }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1, maxPending: 1 });
    const a = await work.start(1, { id: 'a' });
    await work.start(1, { id: 'b' });
    await settle();
    calls[0]?.fail(transient());
    await settle();
    assert.equal([a.state, calls[1]?.op.id], ['recovering', 'b']);
    await clock.advance(999);
    await work.start(1, { id: 'c' });
    await clock.advance(1);
    assert.equal(recovery.health().slots.definitions, {
      work: { running: 1, pending: 1, retrying: 1 },
    });
    calls[1]?.end();
    await settle();
    assert.equal([a.state, calls[2]?.op.id], ['recovering', 'c']);
    calls[2]?.end();
    await settle();
    assert.equal([a.state, calls[3]?.op.id, calls[3]?.op.attempt], ['in_progress', 'a', 2]);
    calls[3]?.end('done');
    assert.is(await a.result(), 'done');
    const history = await disk.history('a');
    assert.equal(
      history.map(({ to }) => to),
      ['pending', 'in_progress', 'recovering', 'in_progress', 'success'],
    );
    assert.equal(recovery.health().slots.running, 0);
  }),
);

test(
  'a retry that waits is cancelled at once, and paused and continued like any other',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 2 });
    const [a, b] = [await work.start(1, { id: 'a' }), await work.start(1, { id: 'b' })];
    await settle();
    for (const { fail } of calls) fail(transient());
    for (const id of ['c', 'd']) await work.start(1, { id });
    await clock.advance(1_000);
    assert.is(recovery.health().slots.retrying, 2);
    const told = rejects(a.result(), OperationCancelledError);
    assert.equal([await a.cancel(), await b.pause()], [true, true]);
    await told;
    assert.equal([recovery.health().slots.retrying, b.state], [0, 'recovering']);
    for (const { end } of calls) end();
    await settle();
    assert.equal([calls.length, recovery.health().slots.running], [4, 0]);
    assert.is(await b.continue(), true);
    await clock.advance(0);
    assert.equal([b.state, calls.length], ['in_progress', 5]);
  }),
);

test(
  'aborting during a backoff settles late and calls the function again (cockatiel): not here',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const work = recovery.operation('work', fn, { concurrency: 1 });
    const idle = clock.pending;
    const handle = await work.start(1);
    await settle();
    calls[0]?.fail(transient());
    await clock.advance(500);
    const at = clock.now();
    const told = rejects(handle.result(), OperationCancelledError);
    assert.is(await handle.cancel(), true);
    await told;
    assert.is(clock.now(), at);
    await clock.advance(60_000);
    assert.equal([calls.length, clock.pending], [1, idle]);
  }),
);

test(
  'retries that wait do so again after a restart, and so do those whose attempt was interrupted',
  inWorld(async ({ boot, settle, crash, clock }) => {
    const options = { concurrency: 2 };
    const first = hanging();
    const work = (await boot()).operation('work', first.fn, options);
    for (const id of ['a', 'b']) await work.start(1, { id });
    await settle();
    for (const { fail } of first.calls) fail(transient());
    for (const id of ['c', 'd']) await work.start(1, { id });
    await clock.advance(1_000);
    assert.is(first.calls.length, 4);
    crash();
    const { fn, calls } = hanging();
    const recovery = await boot();
    recovery.operation('work', fn, options);
    await recovery.resume();
    await clock.advance(0);
    const { running, pending, retrying } = recovery.health().slots;
    assert.equal([calls.length, running, pending + retrying], [2, 2, 2]);
    for (let n = 0; n < 4; n++) {
      calls[n]?.end();
      await clock.advance(0);
    }
    const ids = calls.map(({ op }) => op.id).sort();
    assert.equal([ids, recovery.health().active], [['a', 'b', 'c', 'd'], 0]);
  }),
);

test(
  'one that the breaker holds back has no slot meanwhile, and asks for one when the breaker lets it try',
  inWorld(async ({ boot, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = hanging();
    const options = {
      concurrency: 1,
      whenOpen: 'wait' as const,
      breakerOptions: { threshold: 1, openTimeout: 5_000 },
      breaker: (input: string) => input,
    };
    const work = recovery.operation('work', fn, options);
    await work.start('broken', { id: 'a' });
    await settle();
    calls[0]?.fail(transient());
    const blocked = await work.start('broken', { id: 'b' });
    await settle();
    assert.equal([blocked.state, recovery.health().slots.running], ['recovering', 0]);
    await work.start('fine', { id: 'c' });
    await clock.advance(6_000);
    assert.equal([calls.length, calls[1]?.op.id], [2, 'c']);
    assert.is(recovery.health().slots.retrying > 0, true);
    calls[1]?.end();
    await settle();
    assert.is(calls.length, 3);
    calls[2]?.end();
    await clock.advance(6_000);
    calls[3]?.end();
    await settle();
    assert.equal([recovery.health().active, recovery.health().slots.running], [0, 0]);
  }),
);

test(
  'what was running when its process died has left its slot before the next one gets it',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const first = await boot();
    const work = first.operation('work', hanging().fn, { concurrency: 1 });
    await work.start(1, { id: 'before' });
    await work.start(1, { id: 'paused' });
    assert.is(await first.pause('paused'), true);
    await first.cancel('before');
    await work.start(1, { id: 'running' });
    await settle();
    assert.is(await first.continue('paused'), true);
    crash();
    const second = await boot();
    const { fn, calls } = hanging();
    second.operation('work', fn, { concurrency: 1 });
    await Promise.all([second.resume(), settle()]);
    await settle();
    assert.equal(
      calls.map(({ op }) => op.id),
      ['paused'],
    );
    const left = (await disk.history('running')).find(({ event }) => event.includes('interrupted'));
    const begun = (await disk.history('paused')).find(({ to }) => to === 'in_progress');
    assert.ok((left?.position ?? 0) < (begun?.position ?? 0), 'both were in progress at once');
  }),
);

test(
  'one whose row was written while it stood in the queue goes on from there after a crash',
  inWorld(async ({ boot, settle, clock, crash, disk }) => {
    const options = { concurrency: 1, strategy: new FixedDelayStrategy({ delay: 0 }) };
    const { fn, calls } = hanging();
    const work = (await boot()).operation('work', fn, options);
    await work.start(1, { id: 'a' });
    await settle();
    await work.start(1, { id: 'b' });
    // The commit of what follows waits for another one, until the retry is due and stands in the queue.
    disk.hold();
    await settle();
    calls[0]?.op.progress(1);
    void calls[0]?.op.step('kept', () => 1).catch(() => {});
    await settle();
    calls[0]?.fail(transient());
    await clock.advance(1);
    disk.release();
    await settle();
    const { snapshot } = await disk.row('a');
    assert.equal((snapshot as { value: unknown }).value, { recovering: 'queued' });
    crash();
    const recovery = await boot();
    const again = hanging();
    recovery.operation('work', again.fn, options);
    assert.equal(await recovery.resume(), { resumed: 2, quarantined: 0, undefined: 0 });
    for (let call = 0; call < 2; call++) {
      await clock.advance(1);
      again.calls[call]?.end('done');
    }
    await clock.advance(1);
    for (const id of ['a', 'b']) assert.is((await disk.row(id)).state, 'success', id);
  }),
);

test.run();
