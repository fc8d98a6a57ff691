import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AttemptTimeoutError,
  ConfigError,
  HedgeLostError,
  PersistenceError,
} from '../../../services/errors.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { rejects } from '../../support/rejects.ts';
import { deferred, stubborn, transient } from './support/functions.ts';
import { inWorld, type World } from './support/world.ts';

const test = suite('steps of hedged attempts');

/** Both calls of one attempt, at work. */
async function bothCalls({ boot, clock }: World, options = {}) {
  const recovery = await boot();
  const { fn, calls } = stubborn();
  const work = recovery.operation('work', fn, { hedgeAfter: 100, ...options });
  const handle = await work.start('input', { id: 'x' });
  await clock.advance(100);
  const [first, second] = calls;
  if (first === undefined || second === undefined)
    return assert.unreachable('it was not hedged') as never;
  return { recovery, handle, calls, first, second };
}

/** A step that the test ends; counts its runs. */
function step() {
  const ends: ReturnType<typeof deferred<unknown>>[] = [];
  const fn = () => {
    const end = deferred<unknown>();
    ends.push(end);
    return end.promise;
  };
  return { fn, ends };
}

test(
  'a step that the other call has finished is not run again',
  inWorld(async world => {
    const { first, second, handle } = await bothCalls(world);
    const value = { n: 1 };
    assert.is(await first.op.step('a', () => value), value);
    const shared = await second.op.step('a', () => ({ n: 2 }));
    assert.equal(shared, value);
    assert.is.not(shared, value, 'what one call does to it is not seen by the other');
    second.end('done');
    assert.is(await handle.result(), 'done');
    assert.is((await world.disk.steps('x')).length, 1);
  }),
);

for (const runner of [0, 1] as const) {
  test(
    `a step that the other call is running is waited for, whichever runs it (call ${runner})`,
    inWorld(async world => {
      const { calls } = await bothCalls(world);
      const { fn, ends } = step();
      const ran = calls[runner]?.op.step('a', fn);
      const joined = calls[1 - runner]?.op.step('a', fn);
      await world.settle();
      assert.is(ends.length, 1);
      world.disk.hold();
      let seen: unknown;
      void joined?.then(value => {
        seen = value;
      });
      ends[0]?.resolve({ n: 1 });
      await world.settle();
      assert.is(seen, undefined, 'what is not durable is not given to the other one either');
      world.disk.release();
      const mine = await ran;
      assert.equal(mine, { n: 1 });
      assert.equal(await joined, mine);
      assert.is.not(await joined, mine);
      assert.is((await world.disk.steps('x')).length, 1);
      assert.is(ends.length, 1);
    }),
  );
}

test(
  'a step without a value is shared too',
  inWorld(async world => {
    const { first, second } = await bothCalls(world);
    const { fn, ends } = step();
    const both = [first, second].map(({ op }) => op.step('a', fn));
    ends[0]?.resolve(undefined);
    assert.equal(await Promise.all(both), [undefined, undefined]);
    assert.is(ends.length, 1);
  }),
);

test(
  'a step that fails in one call is run by the other that waits for it, and only then',
  inWorld(async world => {
    const { first, second, handle } = await bothCalls(world);
    const { fn, ends } = step();
    const failed = first.op.step('a', fn);
    const own = second.op.step('a', fn);
    await world.settle();
    assert.is(ends.length, 1);
    const error = transient();
    ends[0]?.reject(error);
    assert.is(await rejects(failed, Error), error);
    await world.settle();
    assert.is(ends.length, 2);
    ends[1]?.resolve(2);
    assert.is(await own, 2);
    assert.is(await first.op.step('a', fn), 2);
    second.end('done');
    assert.is(await handle.result(), 'done');
  }),
);

test(
  'a call that tries its failed step again and the call that waits for it run it one after the other',
  inWorld(async world => {
    const { first, second } = await bothCalls(world);
    let running = 0;
    let runs = 0;
    const fn = async () => {
      assert.is(++running, 1, 'never twice at once');
      await new Promise(resolve => setImmediate(resolve));
      running--;
      if (++runs < 4) throw transient();
      return runs;
    };
    const insist = async (op: OperationContext): Promise<unknown> => {
      try {
        return await op.step('a', fn);
      } catch {
        return insist(op);
      }
    };
    assert.equal(await Promise.all([insist(first.op), insist(second.op)]), [4, 4]);
    assert.is(runs, 4);
  }),
);

test(
  'a step whose commit fails is not taken for a result by the other call',
  inWorld(async world => {
    const { first, second } = await bothCalls(world);
    const { fn, ends } = step();
    const refused = first.op.step('a', fn);
    const own = second.op.step('a', fn);
    world.disk.failure = new PersistenceError('no space left');
    ends[0]?.resolve(1);
    await rejects(refused, PersistenceError);
    world.disk.failure = undefined;
    await world.clock.advance(10_000);
    assert.is(ends.length, 2);
    ends[1]?.resolve(2);
    await world.clock.advance(10_000);
    assert.is(await own, 2);
    assert.equal(
      (await world.disk.steps('x')).map(({ result }) => result),
      ['2'],
    );
  }),
);

for (const failing of [0, 1] as const) {
  test(
    `a step that outlives its failed call is kept for the other call (call ${failing})`,
    inWorld(async world => {
      const { calls, handle } = await bothCalls(world);
      const [failed, other] = [calls[failing], calls[1 - failing]];
      const { fn, ends } = step();
      void failed?.op.step('a', fn);
      const joined = other?.op.step('a', fn);
      failed?.fail(transient());
      await world.settle();
      ends[0]?.resolve('kept');
      assert.is(await joined, 'kept');
      other?.end('done');
      assert.is(await handle.result(), 'done');
      assert.is(ends.length, 1);
    }),
  );
}

test(
  'within one call a name is unique, also while it waits for the other call',
  inWorld(async world => {
    const { first, second } = await bothCalls(world);
    const { fn, ends } = step();
    const ran = first.op.step('a', fn);
    const joined = second.op.step('a', fn);
    for (const { op } of [first, second]) await rejects(op.step('a', fn), ConfigError);
    ends[0]?.resolve(1);
    assert.equal(await Promise.all([ran, joined]), [1, 1]);
    assert.equal(await Promise.all([first.op.step('a', fn), second.op.step('a', fn)]), [1, 1]);
  }),
);

test(
  'a call that has lost while it waited for a step is refused',
  inWorld(async world => {
    const { first, second, handle } = await bothCalls(world);
    const { fn, ends } = step();
    const ran = first.op.step('a', fn);
    const joined = second.op.step('a', fn);
    first.end('done');
    assert.is(await handle.result(), 'done');
    ends[0]?.resolve(1);
    await rejects(joined, HedgeLostError);
    await rejects(ran, Error);
    assert.is(ends.length, 1);
    assert.equal(await world.disk.steps('x'), []);
  }),
);

test(
  'a time-out refuses the steps of both calls, and the next attempt runs them',
  inWorld(async world => {
    const { first, second, calls, handle } = await bothCalls(world, { timeout: 500 });
    const { fn, ends } = step();
    const both = [first, second].map(({ op }) => op.step('a', fn));
    await world.clock.advance(400);
    ends[0]?.resolve('too late');
    for (const refused of both) await rejects(refused, AttemptTimeoutError);
    for (const call of [first, second]) call.fail(transient());
    await world.clock.advance(1_000);
    assert.is(calls.length, 3);
    assert.equal(await world.disk.steps('x'), []);
    assert.is(await calls[2]?.op.step('a', () => 'again'), 'again');
    calls[2]?.end('done');
    await world.settle();
    assert.is(await handle.result(), 'done');
  }),
);

test(
  'an attempt after a restart knows the steps of both calls',
  inWorld(async world => {
    const { first, second } = await bothCalls(world);
    assert.is(await first.op.step('a', () => 1), 1);
    assert.is(await second.op.step('b', () => 2), 2);
    world.crash();
    const recovery = await world.boot();
    recovery.operation('work', async (_, op) => [
      await op.step('a', () => 'again'),
      await op.step('b', () => 'again'),
    ]);
    await recovery.resume();
    await world.settle();
    assert.equal(await (await recovery.get('x'))?.result(), [1, 2]);
  }),
);

test.run();
