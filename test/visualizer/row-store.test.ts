import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RowStore } from '../../visualizer/data/row-store.ts';
import { at, iso, summary, update } from './support/wire.ts';

const rowOf = (store: RowStore, id: string) => store.row(store.find(id) as number);

test('a row is what its summary says', () => {
  const store = new RowStore();
  store.put(
    summary('a', { state: 'recovering', path: 'recovering.backoff', due_at: iso(9), attempt: 2 }),
  );
  assert.equal(rowOf(store, 'a'), {
    id: 'a',
    name: 'install',
    state: 'recovering',
    path: 'recovering.backoff',
    attempt: 2,
    breakerKey: 'github.com',
    dueAt: at(9),
    createdAt: at(0),
    updatedAt: at(0),
    error: '',
  });
});

test('an update changes a row; where it waits and why comes from the reason', () => {
  const store = new RowStore();
  store.put(summary('a'));
  store.apply(
    update('a', {
      state: 'recovering',
      reason: { kind: 'retry', message: 'reset; retry 1 of 3', dueAt: at(5_000) },
    }),
  );
  const row = rowOf(store, 'a');
  assert.equal(
    [row.state, row.path, row.dueAt, row.error, row.breakerKey],
    ['recovering', 'recovering.backoff', at(5_000), 'reset; retry 1 of 3', 'github.com'],
  );
  store.apply(update('a', { timestamp: iso(6_000), state: 'success' }));
  assert.equal([rowOf(store, 'a').dueAt, rowOf(store, 'a').error], [null, '']);
});

test('the end of an operation says why, also where its breaker refused it', () => {
  const store = new RowStore();
  store.apply(
    update('a', { state: 'failed', reason: { kind: 'circuit_open', message: 'it is open' } }),
  );
  assert.is(rowOf(store, 'a').error, 'it is open');
});

test('an update of an unknown operation makes a row, whose key a later page brings', () => {
  const store = new RowStore();
  store.apply(update('new', { seq: 1, state: 'pending', from_state: null }));
  assert.equal([rowOf(store, 'new').breakerKey, rowOf(store, 'new').createdAt], ['', at(1_000)]);
  store.apply(update('new', { timestamp: iso(2_000), state: 'success' }));
  // The page was read before the operation succeeded.
  assert.is.not(
    store.put(summary('new', { updated_at: iso(1_500), state: 'in_progress' })),
    undefined,
  );
  assert.equal(
    [rowOf(store, 'new').breakerKey, rowOf(store, 'new').state],
    ['github.com', 'success'],
  );
});

test('what is older than what is known changes nothing', () => {
  const store = new RowStore();
  store.put(summary('a', { updated_at: iso(5_000), state: 'success' }));
  assert.is(store.put(summary('a', { updated_at: iso(4_000) })), undefined);
  assert.is(store.apply(update('a', { timestamp: iso(4_000) })), undefined);
  assert.is(rowOf(store, 'a').state, 'success');
});

test('transitions of one millisecond are all taken in', () => {
  const store = new RowStore();
  store.apply(update('a', { seq: 1, state: 'pending' }));
  store.apply(update('a', { seq: 2, state: 'in_progress' }));
  assert.is(rowOf(store, 'a').state, 'in_progress');
});

test('counts states through every change', () => {
  const store = new RowStore();
  store.put(summary('a'));
  store.put(summary('b', { state: 'failed' }));
  store.apply(update('a', { state: 'failed' }));
  store.apply(update('b', { state: 'pending' }));
  assert.equal([store.count('pending'), store.count('failed'), store.count('success')], [1, 1, 0]);
});

test('keeps every row as it grows', () => {
  const store = new RowStore();
  for (let row = 0; row < 5_000; row += 1) {
    store.put(summary(`op-${row}`, { attempt: row, function_name: `f${row % 7}` }));
  }
  assert.is(store.size, 5_000);
  for (const row of [0, 1_023, 1_024, 4_999]) {
    assert.equal(
      [rowOf(store, `op-${row}`).attempt, rowOf(store, `op-${row}`).name],
      [row, `f${row % 7}`],
    );
  }
});

test.run();
