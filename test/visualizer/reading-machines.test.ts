import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import { loadingMachine } from '../../visualizer/connection/loading-machine.ts';
import { ProblemError, UNREACHABLE } from '../../visualizer/connection/problem-error.ts';
import { resourceMachine } from '../../visualizer/connection/resource-machine.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

function reading(rest: number, every: number | null, read: () => Promise<unknown>) {
  const clock = new SimulatedClock();
  let readings = 0;
  const actor = createActor(
    resourceMachine.provide({
      actors: {
        read: fromPromise(() => {
          readings += 1;
          return read();
        }),
      },
    }),
    { input: { rest, every }, clock },
  ).start();
  return { actor, clock, readings: () => readings };
}

test('what changes often is read once in each rest', async () => {
  const { actor, clock, readings } = reading(1_000, null, async () => 'data');
  await turn();
  assert.is(actor.getSnapshot().context.data, 'data');
  for (let each = 0; each < 10; each += 1) actor.send({ type: 'changed' });
  clock.increment(999);
  assert.is(readings(), 1);
  clock.increment(1);
  assert.is(readings(), 2);
  await turn();
  clock.increment(60_000);
  assert.is(readings(), 2, 'nothing has changed');
  actor.send({ type: 'changed' });
  assert.is(readings(), 3, 'and what has rested is read at once');
  actor.stop();
});

test('a change during a reading is not missed', async () => {
  const { actor, clock, readings } = reading(1_000, null, async () => 'data');
  actor.send({ type: 'changed' });
  await turn();
  clock.increment(1_000);
  assert.is(readings(), 2);
  actor.stop();
});

test('what is polled is read again where nothing was said to have happened', async () => {
  const { actor, clock, readings } = reading(1_000, 4_000, async () => 'data');
  await turn();
  clock.increment(1_000);
  clock.increment(4_000);
  assert.is(readings(), 2);
  actor.stop();
});

test('a failure keeps what was read, and is tried again', async () => {
  let fails = false;
  const { actor, clock, readings } = reading(10, null, async () => {
    if (fails) throw new ProblemError(UNREACHABLE);
    return 'data';
  });
  await turn();
  clock.increment(10);
  fails = true;
  actor.send({ type: 'refresh' });
  await turn();
  const { context, value } = actor.getSnapshot();
  assert.equal([value, context.data, context.problem?.code], ['failed', 'data', 'UNREACHABLE']);
  fails = false;
  clock.increment(2_000);
  await turn();
  assert.is(readings(), 3);
  assert.is(actor.getSnapshot().context.problem, null);
  actor.stop();
});

function loading(pages: readonly (number | 'fails')[], most = 1_000) {
  const clock = new SimulatedClock();
  const cursors: (string | undefined)[] = [];
  const left = [...pages];
  const actor = createActor(
    loadingMachine.provide({
      actors: {
        readPage: fromPromise(async ({ input }) => {
          cursors.push(input.cursor);
          const count = left.shift();
          if (count === undefined || count === 'fails') throw new ProblemError(UNREACHABLE);
          return { count, next: left.length === 0 ? undefined : `after ${cursors.length}` };
        }),
      },
    }),
    { input: { most }, clock },
  ).start();
  const go = async (milliseconds: number) => {
    await turn();
    clock.increment(milliseconds);
    await turn();
  };
  return { actor, cursors, go };
}

test('a table is read page by page to its end', async () => {
  const { actor, cursors, go } = loading([10, 10, 3]);
  assert.is(actor.getSnapshot().value, 'idle');
  actor.send({ type: 'start' });
  await go(16);
  await go(16);
  assert.equal(cursors, [undefined, 'after 1', 'after 2']);
  assert.equal([actor.getSnapshot().value, actor.getSnapshot().context.loaded], ['complete', 23]);
  actor.send({ type: 'start' });
  assert.is(actor.getSnapshot().value, 'complete', 'nothing is read twice');
});

test('a page that fails is asked for again, from where it was', async () => {
  const { actor, cursors, go } = loading([10, 'fails', 5]);
  actor.send({ type: 'start' });
  await go(16);
  assert.is(actor.getSnapshot().value, 'failed');
  await go(2_000);
  assert.equal(cursors, [undefined, 'after 1', 'after 1']);
  assert.equal([actor.getSnapshot().value, actor.getSnapshot().context.loaded], ['complete', 15]);
});

test('more than a page keeps is not read', async () => {
  const { actor, cursors, go } = loading([10, 10, 10], 20);
  actor.send({ type: 'start' });
  await go(16);
  await go(16);
  assert.equal([actor.getSnapshot().value, cursors.length], ['full', 2]);
});

test.run();
