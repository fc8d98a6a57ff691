import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Transition } from '../../../services/ports.ts';
import { failing } from './support/functions.ts';
import { inWorld } from './support/world.ts';

const test = suite('durability of the runtime');

test(
  'start resolves when pending is durable, and not before',
  inWorld(async ({ boot, disk, settle }) => {
    const echo = (await boot()).operation('echo', async (x: number) => x);
    disk.hold();
    let started = false;
    const handle = echo.start(1, { id: 'a' }).then(handle => {
      started = true;
      return handle;
    });
    await settle();
    assert.is(started, false);
    assert.is(disk.underWay, 1);
    disk.release();
    await handle;
    const [first] = disk.commits[0]?.transitions ?? [];
    assert.equal([first?.to, first?.seq, first?.from], ['pending', 1, null]);
  }),
);

test(
  'the function is not called before its attempt number is durable',
  inWorld(async ({ boot, disk, settle, clock }) => {
    const { fn, calls } = failing(1);
    const flaky = (await boot()).operation('flaky', fn);
    disk.hold();
    const outcome = flaky.run(1, { id: 'a' });
    await settle();
    assert.is(calls.length, 0);
    disk.release();
    await settle();
    assert.is(calls.length, 1);
    assert.is(disk.commits[0]?.operations[0]?.attempt, 1);
    disk.hold();
    await clock.advance(1_000);
    assert.is(calls.length, 1);
    disk.release();
    assert.is(await outcome, 1);
    assert.is(calls.length, 2);
    const attempts = disk.commits.flatMap(commit => commit.operations.map(row => row.attempt));
    assert.equal([...new Set(attempts)], [1, 2]);
  }),
);

test(
  'results are told and transitions published only after the commit that holds them',
  inWorld(async ({ boot, disk, settle }) => {
    const recovery = await boot();
    const published: Transition[] = [];
    recovery.transitions$.subscribe(transition => published.push(transition));
    const echo = recovery.operation('echo', async (x: number) => x);
    const handle = await echo.start(1);
    disk.hold();
    let result: unknown;
    const told = handle.result().then(value => {
      result = value;
    });
    await settle();
    assert.is(handle.state, 'success');
    assert.is(result, undefined);
    assert.equal(
      published.map(({ to }) => to),
      ['pending', 'in_progress'],
    );
    disk.release();
    await told;
    assert.is(result, 1);
    assert.is(published.at(-1)?.to, 'success');
  }),
);

test(
  'an operation that succeeds at once costs two commits',
  inWorld(async ({ boot, disk }) => {
    const recovery = await boot();
    const echo = recovery.operation('echo', async (x: number) => x);
    await echo.run(1);
    assert.is(disk.commits.length, 2);
    await Promise.all([1, 2, 3].map(x => echo.run(x)));
    assert.is(disk.commits.length, 4);
    assert.is(recovery.metrics.commits, 4);
  }),
);

test(
  'one commit is under way; what arrives meanwhile shares the next, the latest snapshot with every transition',
  inWorld(async ({ boot, disk, settle }) => {
    const recovery = await boot();
    const positions: number[] = [];
    recovery.transitions$.subscribe(({ position }) => positions.push(position));
    const { fn } = failing(0);
    const echo = recovery.operation('echo', fn);
    disk.hold();
    const outcomes = [echo.run(0)];
    for (let x = 1; x < 50; x++) {
      outcomes.push(echo.run(x));
      if (x % 10 === 0) await settle();
    }
    assert.is(disk.underWay, 1);
    disk.release();
    await Promise.all(outcomes);
    assert.is(disk.mostUnderWay, 1);
    assert.ok(disk.commits.length <= 5, `${disk.commits.length} commits`);
    for (const { operations, transitions } of disk.commits) {
      assert.is(new Set(operations.map(({ id }) => id)).size, operations.length);
      for (const { id, seq } of operations) {
        const mine = transitions.filter(t => t.kind === 'operation' && t.operationId === id);
        assert.is(mine.at(-1)?.seq, seq);
      }
    }
    assert.is(positions.length, 150);
    assert.equal(
      positions,
      [...positions].sort((a, b) => a - b),
    );
    const page = await recovery.list({ limit: 100 });
    for (const { id } of page.items) {
      const history = await recovery.history(id);
      assert.equal(
        history.map(({ seq, from, to }) => [seq, from, to]),
        [
          [1, null, 'pending'],
          [2, 'pending', 'in_progress'],
          [3, 'in_progress', 'success'],
        ],
      );
    }
  }),
);
test.run();
