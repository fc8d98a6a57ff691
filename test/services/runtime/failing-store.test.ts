import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  OperationExhaustedError,
  PersistenceError,
  RecoveryClosedError,
} from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';
import { deaf, deferred, failing, transient } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('a store that fails');

test(
  'a failed commit: callers are told, new operations refused, health says why; when the store heals everything goes on',
  inWorld(async ({ boot, disk, settle, clock }) => {
    const recovery = await boot();
    const { fn, calls } = failing(1);
    const flaky = recovery.operation('flaky', fn);
    const handle = await flaky.start('x', { id: 'old' });
    await settle();
    disk.failure = new PersistenceError('no space left');
    const patient = handle.result();
    const refused = rejects(flaky.start('y', { id: 'new' }), PersistenceError);
    const never = rejects(flaky.run('z'), PersistenceError);
    await clock.advance(1_000);
    assert.match((await refused).message, 'no space left');
    await never;
    assert.is(calls.length, 1);
    const tries = disk.tries;
    const later = await rejects(flaky.start('w'), PersistenceError);
    assert.is((later.cause as Error).message, 'no space left');
    assert.equal(
      [recovery.health().healthy, recovery.health().persistence.problem],
      [false, 'no space left'],
    );
    await clock.advance(20_000);
    assert.ok(disk.tries > tries, 'it is tried again');
    assert.ok(disk.tries < tries + 20, 'with pauses');
    disk.failure = undefined;
    await clock.advance(10_000);
    assert.is(recovery.health().healthy, true);
    assert.is(calls.length, 2);
    assert.is((await recovery.get('old'))?.state, 'success');
    assert.is(await recovery.get('new'), undefined);
    assert.is(await flaky.run('v'), 'v');
    assert.is(await patient, 'x');
    assert.equal(
      (await disk.history('old')).map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    );
  }),
);

test(
  'a result that the store refuses is a PersistenceError to who waits, and is told to who asks later',
  inWorld(async ({ boot, disk, clock }) => {
    const recovery = await boot();
    const echo = recovery.operation('echo', async (x: number) => x);
    const handle = await echo.start(1);
    // Not even an error of the library: some stores are other people's.
    disk.failure = new TypeError('disk on fire');
    const error = await rejects(handle.result(), PersistenceError);
    assert.instance(error.cause, TypeError);
    disk.failure = undefined;
    await clock.advance(1_000);
    assert.is(await handle.result(), 1);
  }),
);

for (const call of ['start', 'run'] as const) {
  test(
    `wherever a failing commit meets a ${call} by id, it is refused or what it has begun is stored`,
    inWorld(async ({ boot, disk, clock, settle }) => {
      const recovery = await boot();
      const echo = recovery.operation('echo', async (x: number) => x);
      for (let turns = 0; turns < 30; turns++) {
        const id = `x${turns}`;
        const found = deferred();
        disk.rowsOnTheirWay = found.promise;
        disk.hold();
        void echo.start(0).catch(() => {});
        const told: unknown[] = [];
        const tell = (outcome: unknown) => void told.push(outcome);
        void echo[call](1, { id }).then(tell, tell);
        await settle();
        disk.failure = new PersistenceError('no space left');
        found.resolve();
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        disk.release();
        await settle();
        disk.failure = undefined;
        await clock.advance(10_000);
        assert.is(told.length, 1, `${id} is never told`);
        const stored = disk.commits.some(({ operations }) => operations.some(row => row.id === id));
        assert.is(told[0] instanceof PersistenceError, !stored, id);
      }
    }),
  );
}

test(
  'a refused operation gives the permit of a half-open breaker back',
  inWorld(async ({ boot, disk, clock }) => {
    const recovery = await boot();
    const { fn } = failing(1, transient);
    const breakerOptions = { threshold: 1, openTimeout: 5_000 };
    const flaky = recovery.operation('flaky', fn, { maxRetries: 0, breakerOptions });
    await rejects(flaky.run(1), OperationExhaustedError);
    await clock.advance(5_000);
    assert.is(recovery.breaker('flaky')?.state, 'half_open');
    disk.failure = new PersistenceError('no space left');
    await rejects(flaky.run(2), PersistenceError);
    disk.failure = undefined;
    await clock.advance(1_000);
    assert.is(await flaky.run(3), 3);
    assert.is(recovery.breaker('flaky')?.state, 'closed');
  }),
);

test(
  'what waits on a store that never heals is told when the recovery closes',
  inWorld(async world => {
    const { disk, clock } = world;
    const recovery = await world.boot();
    const echo = recovery.operation('echo', async (x: number) => x);
    await echo.start(1, { id: 'a' });
    disk.failure = new PersistenceError('no space left');
    const handle = await recovery.get('a');
    await rejects(Promise.resolve(handle?.result()), PersistenceError);
    const late = handle?.result();
    const closed = rejects(Promise.resolve(late), RecoveryClosedError);
    await world.close(recovery);
    await closed;
    await clock.advance(60_000);
  }),
);

test(
  'an order that waits for the next try of a failing store is refused when the recovery closes',
  inWorld(async ({ boot, close, disk }) => {
    const recovery = await boot();
    const work = recovery.operation('work', deaf().fn);
    const handle = await work.start(1);
    disk.failure = new PersistenceError('no space left');
    await rejects(work.start(2), PersistenceError);
    const cancelled = rejects(handle.cancel(), RecoveryClosedError);
    await close(recovery);
    await cancelled;
  }),
);

test(
  'what a dormant operation was told to, and the store refused, is not written later',
  inWorld(async ({ boot, crash, settle, disk, clock }) => {
    await (await boot()).operation('work', failing(9).fn).start('x', { id: 'x' });
    await settle();
    crash();
    const recovery = await boot();
    recovery.operation('work', failing(0).fn);
    disk.failure = new PersistenceError('no space left');
    await rejects(recovery.pause('x'), PersistenceError);
    await recovery.resume();
    disk.failure = undefined;
    await clock.advance(10_000);
    assert.is(await (await recovery.get('x'))?.result(), 'x');
    assert.equal(
      (await disk.history('x')).map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    );
  }),
);

test(
  'a store that throws instead of rejecting is a store that failed',
  inWorld(async ({ boot, disk, clock }) => {
    const { store } = disk.session();
    let broken = true;
    const commit: typeof store.commit = batch => {
      if (broken) throw new TypeError('not today');
      return store.commit(batch);
    };
    const recovery = await boot({ persistence: { ...store, commit } });
    const echo = recovery.operation('echo', async (x: number) => x);
    const error = await rejects(echo.run(1), PersistenceError);
    assert.match(error.message, 'not today');
    broken = false;
    await clock.advance(1_000);
    assert.is(await echo.run(2), 2);
  }),
);

test.run();
