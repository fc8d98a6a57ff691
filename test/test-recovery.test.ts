import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FixedDelayStrategy, type Recovery } from '../index.ts';
import { ConfigError, PersistenceError } from '../services/errors.ts';
import { createTestRecovery, type TestRecoveryOptions } from '../testing.ts';
import { rejects } from './support/rejects.ts';

const test = suite('test recoveries');
const isConfigError = (error: unknown) => error instanceof ConfigError;

const define = (recovery: Recovery) => {
  const calls: number[] = [];
  const double = recovery.operation(
    'double',
    async (input: number, op) => {
      calls.push(op.attempt);
      return op.step('twice', () => input * 2);
    },
    { maxRetries: 2, strategy: new FixedDelayStrategy({ delay: 500 }), timeout: 2_000 },
  );
  return { double, calls };
};
type Defined = ReturnType<typeof define>;

const open = (options: TestRecoveryOptions<Defined> = {}) =>
  createTestRecovery<Defined>({ define, ...options });

for (const store of ['sqljs', 'memory'] as const) {
  test(`${store}: time stands still until it is moved, and faults come in their order`, async () => {
    const world = await open({ store });
    world.faults.next('double', new Error('reset')).next('double', 'hang');
    const handle = await world.defined.double.start(21, { id: 'a' }).finally(() => {});
    await world.settle();
    assert.equal([handle.state, world.defined.calls], ['recovering', []]);
    await world.advance(499);
    assert.is(handle.state, 'recovering');
    await world.advance(1);
    assert.is(handle.state, 'in_progress');
    await world.advance(2_000);
    assert.is(handle.state, 'recovering');
    await world.advance(500);
    assert.is(await handle.result(), 42);
    assert.equal([world.defined.calls, world.faults.waiting], [[3], 0]);
    await world.close();
  });

  test(`${store}: after a crash another process goes on, with definitions made anew`, async () => {
    const world = await open({ store });
    const held = world.faults.hold('double');
    await world.defined.double.start(21, { id: 'a' });
    await world.settle();
    const before = world.defined;
    assert.is(held.op.attempt, 1);
    await world.restart({ crash: true });
    assert.is.not(world.defined, before);
    assert.equal(world.defined.calls, [2]);
    assert.is((await world.recovery.view('a'))?.output, 42);
    const events = (await world.recovery.history('a')).map(({ event }) => event);
    assert.equal(events.slice(2), ['attempt.interrupted', 'due', 'attempt.succeeded']);
    held.succeed(1);
    await world.settle();
    assert.is((await world.recovery.view('a'))?.output, 42, 'the dead have no say');
    await world.close();
  });

  test(`${store}: a process that is closed leaves its attempts to the next one`, async () => {
    const world = await open({ store, drainTimeout: 300 });
    world.faults.next('double', 'hang');
    await world.defined.double.start(21, { id: 'a' });
    await world.settle();
    await world.restart();
    assert.is(world.clock.now(), 300);
    const history = await world.recovery.history('a');
    assert.is(history[2]?.event, 'attempt.suspended');
    assert.is((await world.recovery.view('a'))?.state, 'success');
    await world.close();
  });

  test(`${store}: a full disk refuses, and all is well again when it is healed`, async () => {
    const world = await open({ store });
    world.disk.fail('ENOSPC');
    const refused = rejects(world.defined.double.run(1), PersistenceError);
    await world.settle();
    assert.match((await refused).message, 'ENOSPC');
    assert.is(world.recovery.health().healthy, false);
    world.disk.heal();
    await world.advance(10_000);
    assert.is(world.recovery.health().healthy, true);
    world.disk.failNext('EIO');
    const again = rejects(world.defined.double.run(1), PersistenceError);
    await world.settle();
    assert.match((await again).message, 'EIO');
    await world.advance(10_000);
    const run = world.defined.double.run(2);
    await world.settle();
    assert.is(await run, 4);
    await world.close();
  });

  test(`${store}: a slow disk takes its time on the clock`, async () => {
    const world = await open({ store });
    world.disk.slow(40);
    let started = false;
    void world.defined.double.start(1).then(() => {
      started = true;
    });
    await world.advance(39);
    assert.is(started, false);
    await world.advance(1);
    assert.is(started, true);
    await world.close();
  });

  test(`${store}: a cut leaves of a commit what its place says`, async () => {
    for (const [point, kept] of [
      ['before-write', false],
      ['before-sync', false],
      ['before-answer', true],
    ] as const) {
      const world = await open({ store });
      world.disk.cut(1, point);
      let told = false;
      void world.defined.double.start(1, { id: 'a' }).then(() => {
        told = true;
      });
      await world.settle();
      assert.equal([told, world.alive, world.deaths], [false, false, 1], point);
      await world.restart({ resume: false });
      const row = await world.store.find('a');
      assert.is(row !== undefined, kept, point);
      await world.close();
    }
  });
}

test('what was written and not synced is there where only the process died', async () => {
  for (const [unsynced, kept] of [
    ['cached', true],
    ['kept', true],
    ['lost', false],
  ] as const) {
    const world = await open();
    world.disk.cut(1, 'before-sync');
    void world.defined.double.start(1, { id: 'a' });
    await world.settle();
    await world.restart({ unsynced, resume: false });
    assert.is((await world.store.find('a')) !== undefined, kept, unsynced);
    await world.close();
  }
});

test('a torn write is cut off, and everything before it is there', async () => {
  let torn = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const world = await open({ seed });
    await world.defined.double.start('x'.repeat(3_000) as never, { id: 'a' });
    await world.settle();
    world.disk.cut(1, 'before-sync');
    void world.defined.double.start('y'.repeat(3_000) as never, { id: 'b' });
    await world.settle();
    await world.restart({ unsynced: 'torn', resume: false });
    assert.is.not(await world.store.find('a'), undefined);
    if (world.store.health().warnings.some(warning => warning.includes('torn'))) torn += 1;
    await world.close();
  }
  assert.ok(torn > 5, `${torn} of 20 were torn`);
});

test('the same seed gives the same delays, another one others', async () => {
  const delays = async (seed: number) => {
    const world = await createTestRecovery({
      seed,
      define: recovery => recovery.operation('work', async () => 1, {}),
    });
    world.faults.next('work', Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    await world.defined.start();
    await world.settle();
    const [created] = (await world.recovery.list()).items;
    const history = await world.recovery.history(created?.id ?? '');
    await world.close();
    return history[0]?.reason?.seed;
  };
  assert.is(await delays(1), await delays(1));
  assert.is.not(await delays(1), await delays(2));
});

test('undos fail, hang and wait as they are told, each by its name', async () => {
  const removed: unknown[] = [];
  const world = await createTestRecovery({
    define: recovery =>
      recovery.operation(
        'publish',
        async (_: undefined, op) => {
          await op.onUndo('folder', 'abc');
          await op.onUndo('name');
          throw new TypeError('refused');
        },
        {
          undo: { folder: input => removed.push(input), name: () => removed.push('name') },
          maxRetries: 0,
          strategy: new FixedDelayStrategy({ delay: 1_000 }),
        },
      ),
  });
  world.faults.nextUndo('publish', 'name', new Error('busy'));
  const folder = world.faults.holdUndo('publish', 'folder');
  const handle = await world.defined.start(undefined, { id: 'one' });
  const failed = handle.result().catch(() => 'failed');
  await world.settle();
  assert.equal([removed, handle.actor.getSnapshot().value], [[], { recovering: 'undoing' }]);
  await world.advance(1_000);
  assert.equal([removed, folder.called, folder.op.undo], [['name'], true, 'folder']);
  await folder.goOn();
  await world.settle();
  assert.equal([await failed, removed], ['failed', ['name', 'abc']]);
  await world.close();
});

test('options and faults that cannot be used are refused', async () => {
  await rejects(open({ store: 'paper' as never }), ConfigError);
  const world = await open();
  assert.throws(() => world.faults.next('', 'hang'), isConfigError);
  assert.throws(() => world.faults.next('double', 'later' as never), isConfigError);
  assert.throws(() => world.disk.fail('full'), isConfigError);
  assert.throws(() => world.disk.slow(-1), isConfigError);
  await world.close();
  assert.throws(() => world.recovery, isConfigError);
});

test.run();
