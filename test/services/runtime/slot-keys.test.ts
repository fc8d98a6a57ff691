import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SlotStage } from './support/slot-stage.ts';

const test = suite('slots of keys');

test('a key at its limit holds up no other key, and goes on when one of its own has ended', async () => {
  const { queue, start, again, end, begun, settle, slots } = new SlotStage();
  const work = queue('work', { concurrency: 4, keyConcurrency: 2 });
  for (const name of ['a1', 'a2', 'a3', 'a4']) start(work, name, 'a');
  for (const name of ['b1', 'b2']) start(work, name, 'b');
  again(work, 'b3', 'b');
  await settle();
  assert.equal(begun, ['a1', 'a2', 'b1', 'b2']);
  end('b1');
  await settle();
  assert.equal(
    begun,
    ['a1', 'a2', 'b1', 'b2', 'b3'],
    'the older ones of a full key are passed over',
  );
  end('a3');
  end('a1');
  await settle();
  assert.equal(begun, ['a1', 'a2', 'b1', 'b2', 'b3', 'a4']);
  for (const name of ['a2', 'a4', 'b2', 'b3']) end(name);
  assert.equal([slots.running, work.running, work.isReady], [0, 0, false]);
  for (const name of ['a5', 'a6', 'a7']) start(work, name, 'a');
  assert.equal(begun.slice(6), ['a5', 'a6'], 'nothing of those before is remembered');
});

test('a key has its limit and its rate', async () => {
  const { queue, start, end, begun, spacing, clock } = new SlotStage();
  spacing.set('key', 10);
  const work = queue('work', { keyConcurrency: 1, rated: true });
  for (const name of ['a', 'b', 'c']) start(work, name);
  await clock.advance(20);
  assert.equal(begun, ['a'], 'it took none of the rate while it waited');
  end('a');
  await clock.advance(0);
  assert.equal(begun, ['a', 'b']);
  end('b');
  await clock.advance(9);
  assert.equal(begun, ['a', 'b']);
  await clock.advance(1);
  assert.equal(begun, ['a', 'b', 'c']);
});

test.run();
