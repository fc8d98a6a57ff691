import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationExhaustedError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, deferred, failing, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('resume');

test(
  'a finished operation is told from the store, its error with class, cause and code',
  inWorld(async ({ boot, settle, crash, clock }) => {
    const first = await boot();
    await first.operation('good', async () => ({ n: 1 })).run(undefined, { id: 'good' });
    const bad = first.operation('bad', failing(9, () => transient('gone')).fn, { maxRetries: 0 });
    await rejects(bad.run(1, { id: 'bad' }), OperationExhaustedError);
    await settle();
    crash();
    const recovery = await boot();
    const good = await recovery.get('good');
    assert.equal(await good?.result(), { n: 1 });
    assert.is(good?.actor.getSnapshot()?.value, 'success');
    const handle = await recovery.get('bad');
    const error = await rejects(Promise.resolve(handle?.result()), OperationExhaustedError);
    assert.equal(
      [(error.cause as Error).message, (error.cause as { code?: string }).code],
      ['gone', 'ECONNRESET'],
    );
    assert.is(await recovery.cancel('good'), false);
    await clock.advance(1);
  }),
);

test(
  'names without a definition wait for one, and are listed until it comes',
  inWorld(async ({ boot, settle, crash }) => {
    const first = await boot();
    for (const name of ['early', 'late']) {
      const work = first.operation(name, deaf().fn);
      for (const n of [1, 2]) await work.start(n, { id: `${name}-${n}` });
    }
    await settle();
    crash();
    const recovery = await boot();
    recovery.operation('early', failing(0).fn);
    const reports = await Promise.all([recovery.resume(), recovery.resume()]);
    assert.equal(reports[0], { resumed: 2, quarantined: 0, undefined: 2 });
    assert.equal(reports[1], reports[0]);
    assert.equal(recovery.health().undefinedOperations, { late: 2 });
    assert.is((await recovery.get('late-1'))?.state, 'in_progress');
    const { fn, calls } = failing(0);
    recovery.operation('late', fn);
    await settle();
    assert.equal(recovery.health().undefinedOperations, {});
    assert.is(calls.length, 2);
    assert.is(await (await recovery.get('late-2'))?.result(), 2);
  }),
);

test(
  'resume again, or while operations are started by their ids, brings nothing to life twice',
  inWorld(async ({ boot, settle, crash }) => {
    const first = await boot();
    const ids = Array.from({ length: 20 }, (_, n) => `o-${n}`);
    const hang = first.operation('work', deaf().fn);
    for (const id of ids) await hang.start(id, { id });
    await settle();
    crash();
    const recovery = await boot();
    const { fn, calls } = failing(0);
    const work = recovery.operation('work', fn);
    const runs = ids.map(id => work.run(id, { id }));
    const resumed = recovery.resume();
    await settle();
    const attached = ids.map(id => work.run(id, { id }));
    assert.equal(await Promise.all([...runs, ...attached]), [...ids, ...ids]);
    await resumed;
    await recovery.resume();
    await settle();
    assert.is(calls.length, ids.length);
  }),
);

test(
  'a page that resume read before an operation ended, or was cancelled, does not bring it back',
  inWorld(async ({ boot, settle, crash, disk, clock }) => {
    const first = (await boot()).operation('work', deaf().fn);
    for (const id of ['ended', 'cancelled', 'other']) await first.start(id, { id });
    await settle();
    crash();
    const recovery = await boot();
    const { fn, calls } = failing(0);
    const work = recovery.operation('work', fn);
    const { promise, resolve } = deferred();
    disk.pageOnItsWay = promise;
    const resumed = recovery.resume();
    await settle();
    const ended = work.run('ended', { id: 'ended' });
    // What is due does not wait for a resume that takes long.
    await clock.advance(5_000);
    assert.is(await ended, 'ended');
    assert.is(await recovery.cancel('cancelled'), true);
    resolve();
    assert.equal(await resumed, { resumed: 1, quarantined: 0, undefined: 0 });
    await settle();
    assert.equal(
      calls.map(({ input }) => input),
      ['ended', 'other'],
    );
    assert.is((await disk.row('cancelled')).state, 'failed');
    assert.is(recovery.health().active, 0);
  }),
);

test(
  'one that is cancelled while others are still brought to life is told of no interruption afterwards',
  inWorld(async ({ boot, settle, crash, disk }) => {
    const first = (await boot()).operation('work', deaf().fn, { breaker: false });
    for (let n = 0; n < 501; n++) await first.start(n, { id: `x${n}` });
    await settle();
    crash();
    const recovery = await boot();
    recovery.operation('work', deaf().fn, { breaker: false });
    const { promise, resolve } = deferred();
    const resumed = recovery.resume();
    disk.pageOnItsWay = promise; // the second page
    await settle();
    assert.is(recovery.health().active, 500);
    const warnings: unknown[] = [];
    const { warn } = console;
    console.warn = (...what) => warnings.push(what);
    try {
      assert.is(await recovery.cancel('x0'), true);
      resolve();
      await resumed;
      await settle();
    } finally {
      console.warn = warn;
    }
    // XState warns of events to actors that have ended.
    assert.equal(warnings, []);
  }),
);

test.run();
