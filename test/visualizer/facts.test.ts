import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fillingOf, gaugesOf } from '../../visualizer/data/breaker-facts.ts';
import { chainOf } from '../../visualizer/data/errors.ts';
import { bytes, compact, counted } from '../../visualizer/data/numbers.ts';
import { pathAfter } from '../../visualizer/data/paths.ts';
import { measureOf } from '../../visualizer/data/progress.ts';
import { explained, factsOf } from '../../visualizer/data/reasons.ts';
import {
  extended,
  NOTHING_SELECTED,
  placeAfter,
  toggled,
} from '../../visualizer/data/selection.ts';
import { actionsFor } from '../../visualizer/data/states.ts';
import type { Breaker } from '../../visualizer/data/wire.ts';
import { update } from './support/wire.ts';

const BREAKER: Breaker = {
  key: 'github.com',
  state: 'closed',
  calls: 8,
  failures: 3,
  slow: 1,
  failure_ratio: 0.375,
  slow_ratio: 0.125,
  generation: 0,
  openings: 0,
  open_until: null,
  probes: 0,
  tokens: null,
  override: null,
  operations: 2,
  settings: {
    kind: 'consecutive',
    mode: 'enforce',
    threshold: 5,
    window: null,
    minimum_calls: null,
    slow_call_duration: null,
    slow_threshold: null,
    permits: 1,
    successes: 1,
    probe_timeout: 60_000,
    open_timeout: 300_000,
    budget_capacity: null,
  },
};
const by = (settings: Partial<Breaker['settings']>): Breaker => ({
  ...BREAKER,
  settings: { ...BREAKER.settings, ...settings },
});

test('a gauge has the line at which the breaker opens', () => {
  assert.equal(gaugesOf(BREAKER), [
    { what: 'Failures in a row', value: 3, threshold: 5, most: 5, isRatio: false },
  ]);
  assert.is(fillingOf(BREAKER), null);
  const count = by({
    kind: 'count',
    threshold: 0.5,
    window: 20,
    minimum_calls: 10,
    slow_call_duration: 900,
    slow_threshold: 1,
  });
  assert.equal(
    gaugesOf(count).map(({ what, value, threshold }) => [what, value, threshold]),
    [
      ['Failures', 0.375, 0.5],
      ['Slow calls', 0.125, 1],
    ],
  );
  assert.equal(fillingOf(count), { calls: 8, minimum: 10, size: 20 });
  const never = by({ threshold: null });
  assert.is(gaugesOf(never)[0]?.threshold, null);
});

test('an error is told with its causes, without its secrets, and ends', () => {
  const loop: { name: string; message: string; cause?: unknown } = { name: 'Error', message: 'x' };
  loop.cause = loop;
  assert.is(chainOf(loop).length, 20);
  const links = chainOf({
    name: 'FetchError',
    message: 'https://me:pw@host failed',
    code: 'ECONNRESET',
    details: { token: 'abc' },
    cause: 'a mere text',
  });
  assert.equal(
    links.map(({ name, code }) => [name, code]),
    [
      ['FetchError', 'ECONNRESET'],
      ['', null],
    ],
  );
  assert.not.match(JSON.stringify(links), /me:pw|abc/);
  assert.equal(chainOf(undefined), []);
});

test('a reason is told with every fact that it rested on', () => {
  const facts = factsOf({
    kind: 'retry',
    message: 'reset; retry 1 of 3',
    category: 'network',
    rule: 'code:ECONNRESET',
    delay: 1_500,
    draw: 0.25,
    strategy: 'exponential',
    retryAfter: 60_000,
    unknown: 'to this page',
  });
  assert.equal(
    facts.map(({ name, value }) => `${name}: ${value}`),
    [
      'Error category: network',
      'Matched rule: code:ECONNRESET',
      'Delay: 1.5 s',
      'Strategy: exponential',
      'Drawn with: 0.2500',
      'Server asked for: 1 m 00 s',
    ],
  );
  assert.is(explained(null, 'due').length > 10, true);
  assert.is(explained(null, 'an event of tomorrow'), 'an event of tomorrow');
});

test('tells what was taken back, and what was not', () => {
  const failed = [{ name: 'close', error: 'Error', message: 'no' }];
  const reason = { kind: 'cancelled', message: '', undo: { left: 0, done: 2, failed } };
  assert.equal(
    factsOf(reason).map(({ name, value }) => `${name}: ${value}`),
    ['Undos to come: 0', 'Undone: 2', 'Not undone: close'],
  );
  assert.equal(factsOf({ kind: 'undo', message: '', undo: 'odd' }), []);
});

test('where a row is within its state follows from why it is there', () => {
  const path = (state: 'pending' | 'recovering' | 'success', kind: string) =>
    pathAfter(update('a', { state, reason: { kind, message: '' } }));
  assert.is(path('recovering', 'retry'), 'recovering.backoff');
  assert.is(path('recovering', 'circuit_open'), 'recovering.blocked');
  assert.is(path('recovering', 'paused'), 'recovering.paused');
  assert.is(path('pending', 'paused'), 'pending.paused');
  assert.is(path('success', 'succeeded'), 'success');
  const undo = { left: 1, done: 0, failed: [] };
  const undoing = (state: 'in_progress' | 'recovering', kind: string) =>
    pathAfter(update('a', { state, reason: { kind, message: '', undo } }));
  assert.is(undoing('in_progress', 'undo'), 'in_progress.undoing');
  for (const kind of ['undo', 'undo_retry', 'undo_failed', 'interrupted', 'suspended']) {
    assert.is(undoing('recovering', kind), 'recovering.undoing', kind);
  }
  const lock = (event: string) =>
    pathAfter(update('a', { state: 'pending', event, reason: { kind: 'lock', message: '' } }));
  assert.equal([lock('lock.wait'), lock('lock.granted')], ['pending.locked', 'pending.queued']);
});

test('offers what the chart allows', () => {
  assert.equal(actionsFor('exhausted', 'exhausted'), ['retry']);
  assert.equal(actionsFor('success', 'success'), []);
  assert.equal(actionsFor('recovering', 'recovering.paused'), ['continue', 'cancel']);
  assert.equal(actionsFor('recovering', 'recovering.backoff'), ['pause', 'cancel']);
  assert.equal(actionsFor('in_progress', 'in_progress.running'), ['cancel']);
  assert.equal(actionsFor('in_progress', 'in_progress.undoing'), []);
  assert.equal(actionsFor('recovering', 'recovering.undoing'), []);
});

test('progress is a bar where it is a measure', () => {
  assert.equal(measureOf({ done: 2, total: 8 }), { done: 2, total: 8, unit: 'count' });
  assert.equal(measureOf({ bytes: 10, total: 100 }), { done: 10, total: 100, unit: 'bytes' });
  assert.equal(measureOf(0.25), { done: 25, total: 100, unit: 'count' });
  assert.equal(measureOf({ bytes: 10 }), { done: 10, total: null, unit: 'bytes' });
  for (const other of ['half', null, { step: 'clone' }, 7, [1]]) assert.is(measureOf(other), null);
});

test('a selection is of ids, by single rows and by ranges', () => {
  const rows = ['a', 'b', 'c', 'd'];
  const idAt = (place: number) => rows[place];
  const placeOf = (id: string) => (rows.includes(id) ? rows.indexOf(id) : undefined);
  const one = toggled(NOTHING_SELECTED, 'b');
  const range = extended(one, 3, idAt, placeOf);
  assert.equal([...range.ids].toSorted(), ['b', 'c', 'd']);
  assert.equal([...extended(range, 0, idAt, placeOf).ids].toSorted(), ['a', 'b', 'c', 'd']);
  assert.equal([...toggled(range, 'c').ids].toSorted(), ['b', 'd']);
  rows.splice(1, 1);
  assert.equal(
    [...extended(one, 0, idAt, placeOf).ids].toSorted(),
    ['a', 'b'],
    'the anchor is gone',
  );
});

test('keys go from row to row and not beyond', () => {
  assert.is(placeAfter('ArrowDown', 9, 10, 5), 9);
  assert.is(placeAfter('ArrowUp', 0, 10, 5), 0);
  assert.is(placeAfter('PageDown', 2, 10, 5), 7);
  assert.is(placeAfter('End', 2, 10, 5), 9);
  assert.is(placeAfter('x', 2, 10, 5), undefined);
});

test('numbers are short', () => {
  assert.equal(
    [bytes(0), bytes(999), bytes(1_234), bytes(5.6e9)],
    ['0 B', '999 B', '1.2 KB', '5.6 GB'],
  );
  assert.equal([compact(99_999), compact(1_250_000)], ['99,999', '1.3M']);
  assert.equal([counted(1, 'failure'), counted(2_000, 'failure')], ['1 failure', '2,000 failures']);
});

test.run();
