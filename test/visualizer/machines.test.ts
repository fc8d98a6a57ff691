import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createActor, fromCallback, fromPromise, SimulatedClock } from 'xstate';
import {
  type BulkAnswer,
  type BulkEvent,
  type BulkOrder,
  bulkMachine,
} from '../../visualizer/connection/bulk-machine.ts';
import { bulkSender } from '../../visualizer/connection/bulk-sender.ts';
import { commandMachine, type Order } from '../../visualizer/connection/command-machine.ts';
import { ProblemError, UNREACHABLE } from '../../visualizer/connection/problem-error.ts';
import { timeTravelMachine } from '../../visualizer/connection/time-travel-machine.ts';
import { summary } from './support/wire.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

function commanding(answer: (order: Order | null) => Promise<string>) {
  const orders: (Order | null)[] = [];
  const actor = createActor(
    commandMachine.provide({
      actors: {
        send: fromPromise(({ input }) => {
          orders.push(input);
          return answer(input);
        }),
      },
    }),
    { clock: new SimulatedClock() },
  ).start();
  return { actor, orders };
}

test('a command that asks is sent only once it is confirmed, with what was filled in', async () => {
  const { actor, orders } = commanding(async () => 'Cancelled.');
  actor.send({ type: 'order', name: 'cancel', ask: true });
  assert.is(actor.getSnapshot().value, 'confirming');
  assert.equal(orders, []);
  actor.send({ type: 'confirm', fields: { reason: 'no disk' } });
  await turn();
  assert.equal(orders, [{ name: 'cancel', fields: { reason: 'no disk' } }]);
  assert.is(actor.getSnapshot().value, 'answered');
  assert.is(actor.getSnapshot().context.answer, 'Cancelled.');
});

test('a command that is thought better of is never sent', async () => {
  const { actor, orders } = commanding(async () => '');
  actor.send({ type: 'order', name: 'cancel', ask: true });
  actor.send({ type: 'dismiss' });
  actor.send({ type: 'confirm', fields: {} });
  await turn();
  assert.is(actor.getSnapshot().value, 'idle');
  assert.equal(orders, []);
});

test('a command is not sent twice while it is under way', async () => {
  const { actor, orders } = commanding(() => new Promise(() => {}));
  actor.send({ type: 'order', name: 'pause', ask: false });
  actor.send({ type: 'order', name: 'pause', ask: false });
  await turn();
  assert.is(orders.length, 1);
  actor.stop();
});

test('a refusal stays until it is dismissed or another command is given', async () => {
  const { actor } = commanding(async () => {
    throw new ProblemError(UNREACHABLE);
  });
  actor.send({ type: 'order', name: 'retry', ask: false });
  await turn();
  assert.is(actor.getSnapshot().value, 'refused');
  assert.is(actor.getSnapshot().context.problem?.code, 'UNREACHABLE');
  actor.send({ type: 'order', name: 'pause', ask: true });
  assert.is(actor.getSnapshot().context.problem, null);
});

function bulk() {
  const orders: BulkOrder[] = [];
  const stops: string[] = [];
  let tell: (event: BulkEvent) => void = () => {};
  const actor = createActor(
    bulkMachine.provide({
      actors: {
        send: fromCallback<{ readonly type: 'stop' }, BulkOrder>(({ input, sendBack, receive }) => {
          orders.push(input);
          tell = sendBack;
          receive(({ type }) => stops.push(type));
        }),
      },
    }),
  ).start();
  return { actor, orders, stops, tell: (event: BulkEvent) => tell(event) };
}

const answer = (id: string, changed: boolean, problem: BulkAnswer['problem'] = null) => ({
  id,
  changed,
  problem,
});

test('many are told apart: changed, left as they were, failed', () => {
  const { actor, orders, tell } = bulk();
  actor.send({ type: 'ask', action: 'cancel', ids: ['a', 'b', 'c'] });
  assert.equal(orders, []);
  actor.send({ type: 'confirm', reason: 'maintenance' });
  assert.equal(orders, [{ action: 'cancel', ids: ['a', 'b', 'c'], reason: 'maintenance' }]);
  tell({ type: 'answered', answers: [answer('a', true), answer('b', false)] });
  tell({ type: 'answered', answers: [answer('c', false, UNREACHABLE)] });
  tell({ type: 'over' });
  const { context, value } = actor.getSnapshot();
  assert.is(value, 'finished');
  assert.equal([context.done, context.changed, context.unchanged], [3, 1, 1]);
  assert.equal(context.failures, [{ id: 'c', problem: UNREACHABLE }]);
  actor.send({ type: 'dismiss' });
  assert.equal(actor.getSnapshot().context.failures, []);
});

test('nothing is asked about nothing', () => {
  const { actor } = bulk();
  actor.send({ type: 'ask', action: 'retry', ids: [] });
  assert.is(actor.getSnapshot().value, 'idle');
});

test('stopping still waits for what is under way', () => {
  const { actor, stops, tell } = bulk();
  actor.send({ type: 'ask', action: 'retry', ids: ['a', 'b'] });
  actor.send({ type: 'confirm', reason: '' });
  actor.send({ type: 'stop' });
  assert.equal(actor.getSnapshot().value, { sending: 'stopping' });
  assert.equal(stops, ['stop']);
  tell({ type: 'answered', answers: [answer('a', true)] });
  tell({ type: 'over' });
  assert.equal([actor.getSnapshot().value, actor.getSnapshot().context.done], ['finished', 1]);
});

test('the sender sends each once, a few at a time, and goes on after failures', async () => {
  let underWay = 0;
  let most = 0;
  const asked: string[] = [];
  const command = async (id: string) => {
    asked.push(id);
    underWay += 1;
    most = Math.max(most, underWay);
    await turn();
    underWay -= 1;
    if (id === 'op-3') throw new ProblemError(UNREACHABLE);
    return { changed: true, operation: summary(id) };
  };
  const ids = Array.from({ length: 30 }, (_, each) => `op-${each}`);
  const actor = createActor(
    bulkMachine.provide({ actors: { send: bulkSender({ command }) } }),
  ).start();
  actor.send({ type: 'ask', action: 'retry', ids });
  actor.send({ type: 'confirm', reason: '' });
  await new Promise<void>(resolve => {
    actor.subscribe(({ value }) => value === 'finished' && resolve());
  });
  assert.equal(asked.toSorted(), ids.toSorted());
  assert.is(most, 4);
  const { context } = actor.getSnapshot();
  assert.equal(
    [context.done, context.changed, context.failures.map(({ id }) => id)],
    [30, 29, ['op-3']],
  );
});

function travelling(length: number) {
  const clock = new SimulatedClock();
  const actor = createActor(timeTravelMachine, { input: { length }, clock }).start();
  const where = () => [actor.getSnapshot().value, actor.getSnapshot().context.index];
  return { actor, clock, where };
}

test('while it is live it follows the last transition', () => {
  const { actor, where } = travelling(3);
  assert.equal(where(), ['live', 2]);
  actor.send({ type: 'grow', length: 5 });
  assert.equal(where(), ['live', 4]);
});

test('in the past it stays, whatever happens, and never leaves the history', () => {
  const { actor, where } = travelling(4);
  actor.send({ type: 'step', by: -1 });
  actor.send({ type: 'grow', length: 9 });
  assert.equal(where(), ['past', 2]);
  actor.send({ type: 'seek', index: 99 });
  assert.equal(where(), ['past', 8]);
  actor.send({ type: 'step', by: -99 });
  assert.equal(where(), ['past', 0]);
  actor.send({ type: 'live' });
  assert.equal(where(), ['live', 8]);
});

test('plays a life from its beginning to its end, and holds where it is told to', () => {
  const { actor, clock, where } = travelling(3);
  actor.send({ type: 'play' });
  assert.equal(where(), ['playing', 0]);
  clock.increment(900);
  assert.equal(where(), ['playing', 1]);
  actor.send({ type: 'hold' });
  clock.increment(5_000);
  assert.equal(where(), ['past', 1]);
  actor.send({ type: 'play' });
  clock.increment(900);
  clock.increment(900);
  assert.equal(where(), ['past', 2]);
});

test('there is no past without a history', () => {
  const { actor, where } = travelling(0);
  actor.send({ type: 'step', by: -1 });
  actor.send({ type: 'play' });
  assert.equal(where(), ['live', 0]);
});

test.run();
