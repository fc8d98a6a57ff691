import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Pace } from '../../../adapters/socketio/pace.ts';
import { SimulatedClock } from '../../../testing.ts';

const test = suite('the pace at which clients are told');

function scene(share = 0.1) {
  const clock = new SimulatedClock();
  const state = { busy: true };
  const told: number[] = [];
  const busy = (milliseconds: number) => {
    told.push(milliseconds);
    return state.busy;
  };
  const pace = new Pace(share, busy, clock);
  const order: string[] = [];
  /** Takes a turn as soon as it may, and spends so much in it. */
  const turn = async (name: string, cost: number) => {
    await pace.turn();
    order.push(`${name} ${clock.now() - begun}`);
    pace.spent(cost);
  };
  const begun = clock.now();
  return { clock, state, told, pace, order, turn };
}

test('nobody waits while operations leave the event loop a pause', async () => {
  const { pace, state } = scene();
  state.busy = false;
  for (let i = 0; i < 100; i++) {
    assert.is(pace.turn(), undefined);
    pace.spent(1_000);
  }
});

test('while they are busy, telling takes its share of the time, one client after the other', async () => {
  const { clock, order, turn } = scene(0.1);
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) void turn(name, 20);
  await clock.advance(2_000);
  assert.equal(
    order.map(entry => entry.split(' ')[0]),
    names,
  );
  const times = order.map(entry => Number(entry.split(' ')[1]));
  // Ten milliseconds were there at first; from then on 20 ms cost 200.
  assert.is(times[0], 0);
  for (const [index, time] of times.entries()) {
    if (index > 1) assert.ok(Math.abs(time - (times[index - 1] as number) - 200) <= 2, `${times}`);
  }
});

test('those that wait go on when the process has a pause', async () => {
  const { clock, state, order, turn } = scene(0.01);
  void turn('a', 1_000);
  await clock.advance(1);
  void turn('b', 1);
  void turn('c', 1);
  await clock.advance(50_000);
  assert.is(order.length, 1);
  state.busy = false;
  await clock.advance(100_000);
  assert.is(order.length, 3);
});

test('those that are dropped while operations are busy come back one after the other, as the share allows', async () => {
  const { clock, state, pace } = scene(0.1);
  assert.equal(
    [50, 300, 300, 10].map(cost => pace.retryAfter(cost)),
    [1_000, 3_500, 6_500, 6_600],
  );
  await clock.advance(5_000);
  assert.is(pace.retryAfter(100), 2_600);
  assert.is(pace.retryAfter(1_000_000), 60_000);
  // Nobody has a reason to wait any longer.
  state.busy = false;
  assert.is(pace.retryAfter(300), 1_000);
  state.busy = true;
  assert.is(pace.retryAfter(300), 3_000);
});

test('what clients cost elsewhere takes of their share, but is not of the event loop', () => {
  const { told, pace } = scene(0.1);
  void pace.turn();
  pace.spent(4, 20);
  void pace.turn();
  assert.is(told.at(-1), 4);
  pace.stop();
});

test('the end lets everybody go on', async () => {
  const { clock, pace, order, turn } = scene(0.01);
  void turn('a', 1_000);
  await clock.advance(1);
  const others = [turn('b', 1), turn('c', 1)];
  pace.stop();
  await Promise.all(others);
  assert.is(order.length, 3);
});

test.run();
