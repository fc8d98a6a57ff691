import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SimulatedClock } from '../../../adapters/testing/index.ts';
import { ConfigError } from '../../../services/errors.ts';
import { rejects } from '../../support/rejects.ts';

const test = suite('simulated clock');
const nextTurn = () => new Promise<void>(resolve => setImmediate(resolve));

test('it stands still until it is advanced', async () => {
  const clock = new SimulatedClock({ now: 1_000 });
  let fired = 0;
  clock.setTimeout(() => fired++, 0);
  await nextTurn();
  assert.is(clock.now(), 1_000);
  assert.is(fired, 0);
  await clock.advance(0);
  assert.is(fired, 1);
  assert.is(clock.now(), 1_000);
});

test('timers fire by instant, those of one instant in the order they were made', async () => {
  const clock = new SimulatedClock();
  const fired: string[] = [];
  const log = (name: string) => () => fired.push(`${name}@${clock.now()}`);
  clock.setTimeout(log('c'), 30);
  clock.setTimeout(log('a1'), 10);
  clock.setTimeout(log('b'), 20);
  clock.setTimeout(log('a2'), 10);
  assert.is(clock.nextAt, 10);
  await clock.advance(29);
  assert.equal(fired, ['a1@10', 'a2@10', 'b@20']);
  assert.is(clock.pending, 1);
  await clock.advance(1);
  assert.is(fired.at(-1), 'c@30');
  assert.is(clock.nextAt, undefined);
  assert.is(clock.now(), 30);
});

test('timers made on the way fire at their own instant within the same span', async () => {
  const clock = new SimulatedClock();
  const instants: number[] = [];
  const again = () => {
    instants.push(clock.now());
    clock.setTimeout(again, 10);
  };
  clock.setTimeout(again, 10);
  await clock.advance(35);
  assert.equal(instants, [10, 20, 30]);
  assert.is(clock.nextAt, 40);
});

test('promise chains and setImmediate callbacks end before the next timer fires', async () => {
  const clock = new SimulatedClock();
  const order: string[] = [];
  clock.setTimeout(async () => {
    for (let hop = 0; hop < 20; hop++) {
      await nextTurn();
      await null;
    }
    order.push(`chain@${clock.now()}`);
    clock.setTimeout(() => order.push(`made by chain@${clock.now()}`), 5);
  }, 10);
  clock.setTimeout(() => order.push(`later@${clock.now()}`), 20);
  await clock.advance(100);
  assert.equal(order, ['chain@10', 'made by chain@15', 'later@20']);
});

test('what is under way before the call ends before the first timer fires', async () => {
  const clock = new SimulatedClock();
  const order: string[] = [];
  clock.setTimeout(() => order.push('timer'), 0);
  const work = (async () => {
    await nextTurn();
    await nextTurn();
    order.push('work');
  })();
  await clock.advance(0);
  await work;
  assert.equal(order, ['work', 'timer']);
});

test('settle waits for work that the event loop cannot see', async () => {
  let outside: Promise<void> = Promise.resolve();
  const clock = new SimulatedClock({ settle: () => outside });
  const order: string[] = [];
  clock.setTimeout(() => {
    outside = new Promise<void>(resolve => setTimeout(resolve, 20)).then(() => {
      order.push(`outside@${clock.now()}`);
    });
  }, 10);
  clock.setTimeout(() => order.push(`later@${clock.now()}`), 20);
  await clock.advance(20);
  assert.equal(order, ['outside@10', 'later@20']);
});

test('a cleared timer does not fire; clearing one that has fired, or nothing, is no error', async () => {
  const clock = new SimulatedClock();
  const fired: string[] = [];
  const first = clock.setTimeout(() => fired.push('first'), 10);
  const second = clock.setTimeout(() => fired.push('second'), 10);
  clock.setTimeout(() => clock.clearTimeout(second), 10);
  const third = clock.setTimeout(() => fired.push('third'), 10);
  clock.clearTimeout(third);
  clock.clearTimeout(third);
  clock.clearTimeout(undefined);
  await clock.advance(10);
  clock.clearTimeout(first);
  assert.equal(fired, ['first', 'second']);
  assert.is(clock.pending, 0);
});

test('a setImmediate that goes on for ever does not hold it up for ever', async () => {
  const clock = new SimulatedClock();
  let stop = false;
  const forever = (): void => void (stop || setImmediate(forever));
  forever();
  await clock.advance(10).finally(() => {
    stop = true;
  });
  assert.is(clock.now(), 10);
});

test("an error of a timer's function ends the call, and the clock goes on afterwards", async () => {
  const clock = new SimulatedClock();
  let fired = 0;
  clock.setTimeout(() => {
    throw new RangeError('boom');
  }, 10);
  clock.setTimeout(() => fired++, 20);
  await rejects(clock.advance(30), RangeError);
  assert.is(clock.now(), 10);
  await clock.advance(20);
  assert.is(fired, 1);
});

test('waits that a real timer would not keep, going back and advancing twice at once are refused', async () => {
  const clock = new SimulatedClock({ now: 5 });
  for (const ms of [-1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY]) {
    assert.throws(
      () => clock.setTimeout(() => {}, ms),
      (error: unknown) => error instanceof ConfigError,
    );
  }
  await rejects(clock.advance(-1), ConfigError);
  await rejects(clock.advance(Number.NaN), ConfigError);
  await rejects(clock.advanceTo(4), ConfigError);
  const under = clock.advance(10);
  await rejects(clock.advance(10), ConfigError);
  await under;
  assert.is(clock.now(), 15);
});

test('ten thousand timers set and cleared in any order stay in order', async () => {
  const clock = new SimulatedClock();
  const kept: number[] = [];
  const handles = Array.from({ length: 10_000 }, (_, i) =>
    clock.setTimeout(() => kept.push(clock.now()), ((i * 7919) % 10_007) + 1),
  );
  handles.forEach((handle, i) => {
    if (i % 100 !== 0) clock.clearTimeout(handle);
  });
  assert.is(clock.pending, 100);
  await clock.advance(20_000);
  assert.is(kept.length, 100);
  assert.equal(
    kept,
    [...kept].sort((a, b) => a - b),
  );
});

test.run();
