import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OverloadedError } from '../../../services/errors.ts';
import type { SlotQueue } from '../../../services/runtime/slot-queue.ts';
import { SlotStage } from './support/slot-stage.ts';

const test = suite('slots');

const refused = (start: () => unknown): OverloadedError => {
  try {
    start();
  } catch (error) {
    assert.instance(error, OverloadedError);
    return error as OverloadedError;
  }
  return assert.unreachable('it was let through') as never;
};

test('what has room begins at once; the others wait, first come first served', async () => {
  const { queue, start, end, begun, settle, slots } = new SlotStage();
  const work = queue('work', { concurrency: 2 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) start(work, name);
  assert.equal(begun, ['a', 'b']);
  await settle();
  assert.equal([slots.running, slots.waits.first], [2, 3]);
  end('b');
  await settle();
  end('a');
  await settle();
  assert.equal(begun, ['a', 'b', 'c', 'd']);
  for (const name of ['c', 'd']) end(name);
  await settle();
  end('e');
  assert.equal([slots.running, slots.waits.first, [...slots.queues]], [0, 0, []]);
});

test('a free slot is given only when what freed it is over', async () => {
  const { queue, start, end, begun, settle } = new SlotStage({ concurrency: 1 });
  const work = queue('work');
  for (const name of ['a', 'b']) start(work, name);
  end('a');
  assert.equal(begun, ['a']);
  await settle();
  assert.equal(begun, ['a', 'b']);
});

test('nobody overtakes those who wait, also when a slot has just become free', async () => {
  const { queue, start, end, begun, settle } = new SlotStage();
  const work = queue('work', { concurrency: 1, maxPending: 1 });
  for (const name of ['a', 'b']) start(work, name);
  end('a');
  start(work, 'c');
  assert.equal(begun, ['a', 'b'], 'b has its slot, so that c is not one too many');
  end('b');
  await settle();
  assert.equal(begun, ['a', 'b', 'c']);
});

test('definitions take turns, however many operations each of them has waiting', async () => {
  const { queue, start, end, begun, settle } = new SlotStage({ concurrency: 1 });
  const [many, few, one] = [queue('many'), queue('few'), queue('one')];
  start(many, 'm0');
  for (let n = 1; n <= 50; n++) start(many, `m${n}`);
  for (const name of ['f1', 'f2']) start(few, name);
  start(one, 'o1');
  for (let turn = 0; turn < 8; turn++) {
    await settle();
    end(begun.at(-1) as string);
  }
  assert.equal(begun, ['m0', 'm1', 'f1', 'o1', 'm2', 'f2', 'm3', 'm4']);
});

test('a definition at its own limit holds nobody else up, and has its turn when it may', async () => {
  const { queue, start, end, begun, settle, slots } = new SlotStage({ concurrency: 3 });
  const [slow, quick] = [queue('slow', { concurrency: 1 }), queue('quick')];
  for (const name of ['s1', 's2', 's3']) start(slow, name);
  for (const name of ['q1', 'q2', 'q3']) start(quick, name);
  await settle();
  assert.equal(begun, ['s1', 'q1', 'q2']);
  end('q1');
  await settle();
  assert.equal(begun, ['s1', 'q1', 'q2', 'q3']);
  end('s1');
  await settle();
  assert.equal(begun, ['s1', 'q1', 'q2', 'q3', 's2']);
  assert.equal([slots.running, slow.running, quick.running], [3, 1, 2]);
});

test('maxPending: one more is refused and named, whoever has a slot already', async () => {
  const { queue, start, again, end, begun, settle, slots } = new SlotStage();
  const work = queue('work', { concurrency: 1, maxPending: 1 });
  start(work, 'a');
  start(work, 'b');
  const error = refused(() => start(work, 'c'));
  assert.is(error.code, 'OVERLOADED');
  assert.equal(error.details, {
    limit: 'maxPending',
    scope: 'definition',
    name: 'work',
    waiting: 1,
    maxPending: 1,
  });
  again(work, 'r');
  assert.equal({ ...slots.waits }, { first: 1, retry: 1 }, 'a retry is not refused');
  end('a');
  await settle();
  start(work, 'd');
  assert.equal(begun, ['a', 'b'], 'b waits no more, so d may');
});

test('maxPending 0 lets begin what has room, and nothing wait', () => {
  const { queue, start, begun } = new SlotStage();
  const work = queue('work', { concurrency: 2, maxPending: 0 });
  for (const name of ['a', 'b']) start(work, name);
  refused(() => start(work, 'c'));
  assert.equal(begun, ['a', 'b']);
});

test('maxPending of the recovery counts those of all definitions', () => {
  const { queue, start } = new SlotStage({ concurrency: 1, maxPending: 2 });
  const [one, other] = [queue('one'), queue('other')];
  start(one, 'a');
  start(one, 'b');
  start(other, 'c');
  const { details } = refused(() => start(other, 'd'));
  assert.equal([details.scope, details.name, details.waiting], ['recovery', 'other', 2]);
});

test('whoever leaves the queue is gone at once and frees nothing', async () => {
  const { queue, start, end, begun, settle, slots } = new SlotStage({ concurrency: 1 });
  const work = queue('work', { maxPending: 2 });
  for (const name of ['a', 'b', 'c']) start(work, name);
  end('b');
  end('b');
  assert.equal([slots.running, slots.waits.first, work.waiting.first], [1, 1, 1]);
  start(work, 'd');
  await settle();
  assert.equal(begun, ['a']);
  end('a');
  await settle();
  assert.equal(begun, ['a', 'c']);
});

test('one that has its slot coming and leaves before leaves the slot to the next', async () => {
  const { queue, start, end, begun, settle } = new SlotStage({ concurrency: 1 });
  const work = queue('work');
  for (const name of ['a', 'b', 'c']) start(work, name);
  end('a');
  end('b');
  await settle();
  assert.equal(begun, ['a', 'c']);
});

test('a higher limit of the recovery lets more begin, a lower one lets none until enough have ended', async () => {
  const { queue, start, end, begun, settle, slots } = new SlotStage({ concurrency: 1 });
  const work = queue('work');
  for (const name of ['a', 'b', 'c', 'd', 'e']) start(work, name);
  slots.limit({ concurrency: 3, maxPending: undefined });
  await settle();
  assert.equal(begun, ['a', 'b', 'c']);
  slots.limit({ concurrency: 1, maxPending: undefined });
  end('a');
  end('b');
  await settle();
  assert.equal(begun, ['a', 'b', 'c']);
  end('c');
  await settle();
  assert.equal(begun, ['a', 'b', 'c', 'd']);
});

test('a rate lets begin what it lets begin, at the very instants, and holds up no other key', async () => {
  const { queue, start, end, begun, instants, spacing, clock } = new SlotStage();
  spacing.set('slow', 100);
  const work = queue('work', { concurrency: 2, rated: true });
  for (const name of ['s1', 's2', 's3']) start(work, name, 'slow');
  for (const name of ['q1', 'q2']) start(work, name, 'quick');
  await clock.advance(0);
  assert.equal(begun, ['s1', 'q1']);
  end('q1');
  await clock.advance(50);
  assert.equal(begun, ['s1', 'q1', 'q2']);
  for (const name of ['s1', 'q2']) end(name);
  await clock.advance(1_000);
  assert.equal(begun, ['s1', 'q1', 'q2', 's2', 's3']);
  assert.equal(instants, [0, 0, 0, 100, 200]);
  assert.is(clock.pending, 0);
});

test('first come first served among the keys of a definition too', async () => {
  const { queue, start, end, begun, settle } = new SlotStage();
  const work = queue('work', { concurrency: 1, rated: true });
  const keys = ['x', 'z', 'y', 'z', 'x', 'x', 'y', 'w', 'z'];
  for (const [n, key] of keys.entries()) start(work, `${n}${key}`, key);
  end('3z');
  for (const [n, key] of keys.entries()) {
    await settle();
    end(`${n}${key}`);
  }
  assert.equal(begun, ['0x', '1z', '2y', '4x', '5x', '6y', '7w', '8z']);
});

test('a rate is asked for only when there is a slot', async () => {
  const { queue, start, end, instants, spacing, clock } = new SlotStage();
  spacing.set('key', 1_000);
  const work = queue('work', { concurrency: 1, rated: true });
  start(work, 'a');
  start(work, 'b');
  await clock.advance(5_000);
  end('a');
  await clock.advance(0);
  assert.equal(instants, [0, 5_000], 'nothing was taken while it waited for a slot');
});

test('nobody overtakes those who wait for a rate, at its very instant either', async () => {
  const { queue, start, begun, instants, spacing, clock } = new SlotStage();
  spacing.set('key', 10);
  const work = queue('work', { rated: true });
  clock.setTimeout(() => start(work, 'late'), 10);
  for (const name of ['a', 'b']) start(work, name);
  await clock.advance(20);
  assert.equal(begun, ['a', 'b', 'late']);
  assert.equal(instants, [0, 10, 20]);
});

test('definitions that share a key share its rate in turns', async () => {
  const { queue, start, end, begun, spacing, clock } = new SlotStage();
  spacing.set('key', 10);
  const [one, other] = [queue('one', { rated: true }), queue('other', { rated: true })];
  for (let n = 0; n < 4; n++) {
    start(one, `a${n}`);
    start(other, `b${n}`);
  }
  await clock.advance(70);
  assert.equal(begun, ['a0', 'b0', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
  end('a0');
  assert.is(clock.pending, 0);
});

test('leaving a queue that its rate holds back leaves no alarm behind', async () => {
  const { queue, start, end, spacing, clock } = new SlotStage();
  spacing.set('key', 10);
  const work = queue('work', { rated: true });
  for (const name of ['a', 'b', 'c']) start(work, name);
  await clock.advance(0);
  assert.is(clock.pending, 1);
  end('b');
  assert.is(clock.pending, 1);
  end('c');
  assert.is(clock.pending, 0);
});

test('nothing that waits begins during a hold; what is new and has room does', async () => {
  const { queue, start, again, begun, settle, lifecycle } = new SlotStage({ concurrency: 3 });
  const [work, other] = [queue('work'), queue('other', { maxPending: 0 })];
  lifecycle.hold();
  start(other, 'new');
  for (const name of ['a', 'b', 'c']) again(work, name);
  await settle();
  assert.equal(begun, ['new']);
  lifecycle.release();
  await settle();
  assert.equal(begun, ['new', 'a', 'b']);
});

test('when it closes nothing begins any more, and who leaves takes the alarms along', async () => {
  const { queue, start, end, begun, spacing, clock, lifecycle, slots } = new SlotStage();
  spacing.set('key', 10);
  const [rated, full] = [queue('rated', { rated: true }), queue('full', { concurrency: 1 })];
  for (const name of ['a', 'b']) start(rated, name);
  for (const name of ['c', 'd']) start(full, name);
  await clock.advance(0);
  lifecycle.close();
  end('c');
  await clock.advance(0);
  for (const name of ['b', 'd']) end(name);
  assert.is(clock.pending, 0);
  await clock.advance(100);
  assert.equal(begun, ['a', 'c']);
  assert.equal({ ...slots.waits }, { first: 0, retry: 0 });
});

test('many that may begin at once begin a few in each turn of the event loop', async () => {
  const { queue, start, begun, settle, slots } = new SlotStage({ concurrency: 1 });
  const work = queue('work');
  for (let n = 0; n <= 500; n++) start(work, `${n}`);
  slots.limit({ concurrency: undefined, maxPending: undefined });
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(begun.length > 1 && begun.length < 200, `${begun.length} in one turn`);
  await settle();
  assert.is(begun.length, 501);
});

test('waiting costs the same however long the queue is', async () => {
  const { queue, start, end, begun, settle } = new SlotStage({ concurrency: 1 });
  const queues: SlotQueue[] = Array.from({ length: 10 }, (_, n) => queue(`${n}`));
  const count = 100_000;
  for (let n = 0; n < count; n++) start(queues[n % 10] as SlotQueue, `${n}`);
  // Those in front leave: what they leave behind must not be looked through again and again.
  for (let n = 1; n < count - 1_000; n++) end(`${n}`);
  end('0');
  for (let n = 1; n <= 1_000; n++) {
    await Promise.resolve();
    await Promise.resolve();
    end(begun.at(-1) as string);
  }
  await settle();
  assert.is(begun.length, 1_001);
});

test.run();
