import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { placeOf, scaleOf, spansOf, ticksOf } from '../../visualizer/data/gantt.ts';
import type { Reason, RecoveryUpdate } from '../../visualizer/data/wire.ts';
import { at, iso, update } from './support/wire.ts';

const because = (kind: string): Reason => ({ kind, message: kind });
const created = update('a', { state: 'pending', from_state: null, seq: 1, timestamp: iso(0) });

const life: readonly RecoveryUpdate[] = [
  { ...created, attempt: 0 },
  update('a', { timestamp: iso(100) }),
  update('a', { timestamp: iso(400), state: 'recovering', reason: because('retry') }),
  update('a', { timestamp: iso(500), state: 'recovering', reason: because('paused') }),
  update('a', { timestamp: iso(900), state: 'recovering', reason: because('continued') }),
  update('a', { timestamp: iso(1_000), attempt: 2, from_state: 'recovering' }),
  update('a', { timestamp: iso(1_500), state: 'recovering', reason: because('interrupted') }),
  update('a', { timestamp: iso(1_600), state: 'recovering', reason: because('circuit_open') }),
  update('a', { timestamp: iso(2_000), attempt: 3, from_state: 'recovering' }),
  update('a', { timestamp: iso(2_200), state: 'success', reason: because('succeeded') }),
];

test('tells what an operation did, from its transitions', () => {
  assert.equal(
    spansOf(life).map(({ kind, outcome, attempt }) => [kind, outcome, attempt]),
    [
      ['queued', null, 0],
      ['attempt', 'failed', 1],
      ['wait', null, 1],
      ['paused', null, 1],
      ['wait', null, 1],
      ['attempt', 'interrupted', 2],
      ['wait', null, 1],
      ['blocked', null, 1],
      ['attempt', 'succeeded', 3],
    ],
  );
});

test('a span lasts until the next transition, the last one until further notice', () => {
  const spans = spansOf(life.slice(0, 2));
  assert.equal([spans[0]?.from, spans[0]?.to], [at(0), at(100)]);
  assert.is(spans[1]?.to, null);
  assert.is(spans[1]?.outcome, null);
});

test('tells undos from attempts, and how each ended', () => {
  const undo = (event: string, state: 'in_progress' | 'recovering' | 'failed', ms: number) =>
    update('a', {
      state,
      event,
      from_state: state === 'in_progress' ? 'recovering' : 'in_progress',
      timestamp: iso(ms),
      reason: { ...because(state === 'failed' ? 'cancelled' : 'undo'), undo: { left: 1 } },
    });
  const spans = spansOf([
    update('a', { timestamp: iso(0) }),
    undo('cancel', 'recovering', 10),
    undo('due', 'in_progress', 10),
    undo('undo.failed', 'recovering', 20),
    undo('due', 'in_progress', 30),
    undo('undo.succeeded', 'failed', 40),
  ]);
  assert.equal(
    spans.map(({ kind, outcome }) => [kind, outcome]),
    [
      ['attempt', 'cancelled'],
      ['wait', null],
      ['undo', 'failed'],
      ['wait', null],
      ['undo', 'succeeded'],
    ],
  );
});

test('tells a wait for a lock from one for a slot', () => {
  const pending = (event: string, ms: number) =>
    update('a', { state: 'pending', event, timestamp: iso(ms), reason: because('lock') });
  const spans = spansOf([created, pending('lock.wait', 10), pending('lock.granted', 20)]);
  assert.equal(
    spans.map(({ kind }) => kind),
    ['queued', 'blocked', 'queued'],
  );
});

test('tells a fallback and a cancelled attempt from others', () => {
  const spans = spansOf([
    update('a', { timestamp: iso(0) }),
    update('a', { timestamp: iso(10), from_state: 'in_progress' }),
    update('a', { timestamp: iso(20), state: 'failed', reason: because('cancelled') }),
  ]);
  assert.equal(
    spans.map(({ kind, outcome }) => [kind, outcome]),
    [
      ['attempt', 'failed'],
      ['fallback', 'cancelled'],
    ],
  );
});

test('between its end and an operator’s retry it does nothing', () => {
  const spans = spansOf([
    update('a', { timestamp: iso(0), state: 'failed', reason: because('not_retryable') }),
    update('a', { timestamp: iso(50), state: 'pending', reason: because('operator_retry') }),
  ]);
  assert.equal(
    spans.map(({ kind, from }) => [kind, from]),
    [['queued', at(50)]],
  );
});

test('an operation that has ended is drawn to its end, another one to now', () => {
  assert.equal(scaleOf(life, true, at(9_000)), { from: at(0), to: at(2_200) });
  assert.equal(scaleOf(life, false, at(9_000)), { from: at(0), to: at(9_000) });
  assert.ok(scaleOf([], false, at(5)).to > at(5), 'a scale has a width, whatever happens');
});

test('a place is a share of the scale and never outside', () => {
  const scale = { from: 100, to: 300 };
  assert.equal(
    [0, 100, 200, 300, 400].map(each => placeOf(each, scale)),
    [0, 0, 0.5, 1, 1],
  );
});

test('marks stand at round numbers, and there are not too many', () => {
  assert.equal(
    ticksOf({ from: 0, to: 4_000 }, 8),
    [0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000],
  );
  for (const span of [7, 999, 61_000, 7_200_000, 400 * 86_400_000]) {
    const ticks = ticksOf({ from: 0, to: span }, 8);
    assert.ok(ticks.length >= 2 && ticks.length <= 9, `${span}: ${ticks.length}`);
  }
});

test.run();
