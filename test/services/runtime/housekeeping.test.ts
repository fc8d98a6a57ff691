import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { createActor } from 'xstate';
import type { operationMachine } from '../../../machines/operation/machine.ts';
import {
  ConfigError,
  OperationExhaustedError,
  OperationFailedError,
} from '../../../services/errors.ts';
import type { PruneQuery } from '../../../services/ports.ts';
import { persisted } from '../../../services/runtime/operation-snapshot.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, deferred, failing, permanent } from './support/functions.ts';
import { inWorld, STARTED_AT } from './support/world.ts';

const test = suite('configuration, metrics and retention at run time');

test(
  'updateConfig changes what new operations begin with; those that have begun keep their policy',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot({ maxRetries: 1 });
    const [old, young] = [failing(9), failing(9)];
    const fns = [old.fn, young.fn];
    const work = recovery.operation('work', (input: number, op) => fns[input]?.(input, op), {
      breaker: false,
    });
    const first = await work.start(0);
    await settle();
    recovery.updateConfig({ maxRetries: 3 });
    assert.throws(
      () => recovery.updateConfig({ maxRetries: -1 }),
      (error: unknown) => error instanceof ConfigError,
    );
    const second = await work.start(1);
    const told = Promise.all([
      rejects(first.result(), OperationExhaustedError),
      rejects(second.result(), OperationExhaustedError),
    ]);
    await clock.advance(60_000);
    await told;
    assert.equal([old.calls.length, young.calls.length], [2, 4]);
  }),
);

test(
  'an operation keeps its limits over a restart, whatever the configuration says then',
  inWorld(async ({ boot, clock, settle, crash }) => {
    await (await boot({ maxRetries: 1 })).operation('work', failing(9).fn).start(1, { id: 'x' });
    await settle();
    crash();
    const recovery = await boot({ maxRetries: 7 });
    const { fn, calls } = failing(9);
    recovery.operation('work', fn);
    await recovery.resume();
    await clock.advance(60_000);
    assert.is(calls.length, 1);
    assert.is((await recovery.get('x'))?.state, 'exhausted');
  }),
);

test(
  'metrics count what happened since the recovery was made',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    await recovery.operation('good', async () => 1).run();
    const flaky = await recovery.operation('flaky', failing(2).fn).start('x');
    await clock.advance(2_000);
    assert.is(await flaky.result(), 'x');
    await rejects(recovery.operation('bad', failing(9, permanent).fn).run(1), OperationFailedError);
    const out = recovery.operation('out', failing(9).fn, { maxRetries: 0 });
    await rejects(out.run(1), OperationExhaustedError);
    await recovery.operation('active', deaf().fn).start(1);
    await settle();
    const { commits, ...counts } = recovery.metrics;
    assert.ok(commits >= 8);
    assert.equal(counts, {
      started: 5,
      succeeded: 2,
      failed: 1,
      exhausted: 1,
      recovered: 1,
      attempts: 7,
      retries: 2,
      interruptions: 0,
      undos: 0,
      failedUndos: 0,
      breakerTrips: 0,
      breakerWouldTrips: 0,
      averageRecoveryTime: 2_000,
    });
    assert.is(recovery.health().active, 1);
  }),
);

test(
  'retention prunes what is old enough in bites, and never what is unfinished',
  inWorld(async ({ boot, clock, disk }) => {
    const { store } = disk.session();
    const bites: PruneQuery[] = [];
    const persistence = {
      ...store,
      prune: (query: PruneQuery) => {
        bites.push(query);
        return store.prune(query);
      },
    };
    const retention = { success: 60_000, failure: 120_000 };
    const recovery = await boot({ persistence, retention });
    const echo = recovery.operation('echo', async (x: number) => x);
    await Promise.all(Array.from({ length: 450 }, (_, x) => echo.run(x)));
    const bad = recovery.operation('bad', failing(9, permanent).fn);
    await rejects(bad.run(1, { id: 'bad' }), OperationFailedError);
    await recovery.operation('active', deaf().fn).start(1, { id: 'active' });
    await clock.advance(60_000);
    assert.is((await recovery.list({ limit: 1_000 })).items.length, 452);
    bites.length = 0;
    await clock.advance(10_000);
    assert.equal(
      bites.map(({ limit, successBefore }) => [limit, successBefore]),
      Array.from({ length: 3 }, () => [200, STARTED_AT + 10_000]),
    );
    assert.equal((await recovery.list()).items.map(({ id }) => id).sort(), ['active', 'bad']);
    await clock.advance(60_000);
    assert.equal(
      (await recovery.list()).items.map(({ id }) => id),
      ['active'],
    );
  }),
);

test(
  'what is retried while retention prunes keeps its row, its input and its history',
  inWorld(async ({ boot, clock, disk, settle }) => {
    const recovery = await boot({ retention: { failure: 5_000 } });
    const { fn } = failing(1, permanent);
    const work = recovery.operation('work', fn);
    await rejects(work.run('input', { id: 'x' }), OperationFailedError);
    await clock.advance(9_999);
    let arrive: () => void = () => {};
    disk.rowsOnTheirWay = new Promise(resolve => {
      arrive = resolve;
    });
    const retrying = recovery.retry('x');
    await clock.advance(1);
    arrive();
    await settle();
    assert.is(await (await retrying).result(), 'input');
    const row = await disk.row('x');
    assert.is(row.args, '"input"');
    assert.equal(
      (await disk.history('x')).map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6],
    );
  }),
);

test(
  'retention by rows keeps the newest, goes on after a failure, and ends with the close',
  inWorld(async ({ boot, clock, disk, logged }) => {
    const { store } = disk.session();
    let failures = 1;
    const persistence = {
      ...store,
      prune: async (query: PruneQuery) => {
        if (failures-- > 0) throw new TypeError('not now');
        return store.prune(query);
      },
    };
    const recovery = await boot({ persistence, retention: { maxRows: 2 } });
    const echo = recovery.operation('echo', async (x: number) => x);
    for (let x = 0; x < 5; x++) {
      await echo.run(x);
      await clock.advance(10);
    }
    await clock.advance(10_000);
    assert.is(logged.length, 1);
    await clock.advance(10_000);
    assert.equal(
      (await recovery.list()).items.map(({ input }) => input),
      [4, 3],
    );
    const closing = recovery.close();
    await clock.advance(0);
    await closing;
    assert.is(clock.pending, 0);
  }),
);

test(
  'where nothing is to be pruned no timer runs; retention that the configuration asks for later begins then, and ends again',
  inWorld(async ({ boot, clock, disk }) => {
    const { store } = disk.session();
    let calls = 0;
    const persistence = {
      ...store,
      prune: (query: PruneQuery) => {
        calls++;
        // Amid a round.
        recovery.updateConfig({ retention: {} });
        recovery.updateConfig({ retention: { maxRows: 2 } });
        return store.prune(query);
      },
    };
    const recovery = await boot({ persistence });
    assert.is(clock.pending, 0);
    const echo = recovery.operation('echo', async (x: number) => x);
    for (let x = 0; x < 3; x++) await echo.run(x);
    recovery.updateConfig({ retention: { maxRows: 1 } });
    recovery.updateConfig({ retention: { maxRows: 2 } });
    assert.is(clock.pending, 1);
    await clock.advance(10_000);
    assert.is(calls, 1);
    assert.is((await recovery.list()).items.length, 2);
    await clock.advance(10_000);
    assert.equal([calls, clock.pending], [2, 1]);
    recovery.updateConfig({ retention: {} });
    await clock.advance(10_000);
    assert.equal([calls, clock.pending], [2, 0]);
    await recovery.close();
    assert.throws(() => recovery.updateConfig({ retention: { maxRows: -1 } }));
    recovery.updateConfig({ retention: { maxRows: 1 } });
    assert.is(clock.pending, 0);
  }),
);

test(
  'the snapshot that is stored is the one that XState would give, but for the output',
  inWorld(async ({ boot, clock, settle }) => {
    const recovery = await boot();
    const compare = (actor: ReturnType<typeof createActor<typeof operationMachine>>) => {
      const { output: _, ...expected } = actor.getPersistedSnapshot() as unknown as {
        output: unknown;
      } & object;
      // That a child's snapshots are not followed is what XState takes a missing word for.
      const plain = (value: unknown) =>
        JSON.parse(JSON.stringify(value).replaceAll(',"syncSnapshot":false', ''));
      assert.equal(plain(persisted(actor.getSnapshot())), plain(expected));
    };
    const end = deferred();
    const work = recovery.operation('work', failing(2).fn);
    const hang = recovery.operation('hang', () => end.promise);
    const handles = [await work.start('x'), await hang.start()];
    for (let time = 0; time < 4; time++) {
      for (const { actor } of handles) compare(actor as never);
      await clock.advance(1_000);
    }
    await settle();
    for (const { actor } of handles) compare(actor as never);
  }),
);

test.run();
