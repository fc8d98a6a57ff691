import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EVERYTHING, type RowFilter } from '../../visualizer/data/filter.ts';
import { merged, sorted } from '../../visualizer/data/merge-sort.ts';
import { RowStore, type SortColumn } from '../../visualizer/data/row-store.ts';
import { type Criteria, NEWEST_FIRST, RowView } from '../../visualizer/data/row-view.ts';
import { inSlices, type Work } from '../../visualizer/data/slices.ts';
import { at, iso, summary, update } from './support/wire.ts';

function done<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const ids = (view: RowView, store: RowStore): string[] => [...view.rows()].map(store.idOf);

const criteria = (filter: Partial<RowFilter>, column: SortColumn = 'id'): Criteria => ({
  ...NEWEST_FIRST,
  filter: { ...EVERYTHING, ...filter },
  sorting: { column, descending: false },
});

function filled(): { store: RowStore; view: RowView } {
  const store = new RowStore();
  store.put(
    summary('c', { state: 'failed', created_at: iso(30), error_message: 'Socket hang up' }),
  );
  store.put(summary('a', { state: 'success', created_at: iso(10), function_name: 'download' }));
  store.put(summary('b', { state: 'failed', created_at: iso(20), breaker_key: 'cdn' }));
  const view = new RowView(store);
  done(view.rebuild(criteria({})));
  return { store, view };
}

test('filters by state, name, key, time and text', () => {
  const { store, view } = filled();
  const shown = (filter: Partial<RowFilter>) => {
    done(view.rebuild(criteria(filter)));
    return ids(view, store).join('');
  };
  assert.is(shown({}), 'abc');
  assert.is(shown({ states: ['failed'] }), 'bc');
  assert.is(shown({ names: ['download'] }), 'a');
  assert.is(shown({ breakerKey: 'cdn' }), 'b');
  assert.is(shown({ createdFrom: at(20) }), 'bc');
  assert.is(shown({ createdBefore: at(20) }), 'a');
  assert.is(shown({ text: ' SOCKET ' }), 'c');
  assert.is(shown({ text: 'nowhere' }), '');
});

test('shows what the server has found the text in, though the page does not see it', () => {
  const { store, view } = filled();
  done(view.rebuild({ ...criteria({ text: 'in an input' }), found: new Set(['b']) }));
  assert.equal(ids(view, store), ['b']);
});

test('sorts by every column, both ways, and the same each time', () => {
  const { store, view } = filled();
  const columns: readonly SortColumn[] = [
    'id',
    'name',
    'state',
    'attempt',
    'breakerKey',
    'dueAt',
    'createdAt',
    'updatedAt',
    'error',
  ];
  for (const column of columns) {
    const order = (descending: boolean) => {
      done(view.rebuild({ ...criteria({}), sorting: { column, descending } }));
      return ids(view, store);
    };
    assert.equal(order(false), order(false), column);
    assert.is(order(true).length, 3);
  }
  done(view.rebuild({ ...criteria({}), sorting: { column: 'createdAt', descending: true } }));
  assert.equal(ids(view, store), ['c', 'b', 'a']);
});

test('a changed row moves, comes or goes; the same as if all were worked out anew', () => {
  const { store, view } = filled();
  const failed = criteria({ states: ['failed'] }, 'updatedAt');
  done(view.rebuild(failed));
  const change = (id: string, state: 'failed' | 'success', offset: number) =>
    store.apply(update(id, { state, timestamp: iso(offset) })) as number;
  view.take([change('a', 'failed', 5_000), change('b', 'success', 6_000)]);
  view.take([
    change('d', 'failed', 4_000),
    change('c', 'failed', 9_000),
    store.find('c') as number,
  ]);
  const live = ids(view, store);
  assert.equal(live, ['d', 'a', 'c']);
  done(view.rebuild(failed));
  assert.equal(ids(view, store), live);
});

test('what is shown stays until a new order is complete', () => {
  const { store, view } = filled();
  const work = view.rebuild(criteria({ states: ['success'] }));
  work.next();
  assert.is(view.length, 3);
  done(work);
  assert.equal(ids(view, store), ['a']);
});

test('the sort that can stop is a stable sort', () => {
  void fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 3_000 }), keys => {
      const compare = (a: number, b: number) => (keys[a] ?? 0) - (keys[b] ?? 0);
      const rows = keys.map((_, row) => row);
      const expected = [...rows].sort(compare);
      assert.equal([...done(sorted(Uint32Array.from(rows), compare))], expected);
    }),
    { numRuns: 60, seed: 7 },
  );
});

test('two sorted lists become one', () => {
  const compare = (a: number, b: number) => a - b;
  assert.equal(
    [...merged(Uint32Array.of(1, 4, 9), Uint32Array.of(2, 4, 10), compare)],
    [1, 2, 4, 4, 9, 10],
  );
  assert.equal([...merged(Uint32Array.of(), Uint32Array.of(3), compare)], [3]);
});

test('no step of a sort of a hundred thousand rows is long', () => {
  let compared = 0;
  let most = 0;
  const key = (row: number) => (row * 7_919) % 100_000;
  const rows = Uint32Array.from({ length: 100_000 }, (_, row) => row);
  const work = sorted(rows, (a, b) => {
    compared += 1;
    return key(a) - key(b);
  });
  while (!work.next().done) {
    most = Math.max(most, compared);
    compared = 0;
  }
  assert.ok(most > 0 && most < 8_192, `${most} comparisons at once`);
});

test('no step of a filter of a hundred thousand rows is long', () => {
  const store = new RowStore();
  for (let row = 0; row < 100_000; row += 1) store.put(summary(`op-${row}`));
  let looked = 0;
  let most = 0;
  const nameOf = store.nameOf;
  store.nameOf = row => {
    looked += 1;
    return nameOf(row);
  };
  const work = new RowView(store).rebuild(criteria({ names: ['nobody has it'] }));
  while (!work.next().done) {
    most = Math.max(most, looked);
    looked = 0;
  }
  assert.ok(most > 0 && most <= 1_024, `${most} rows at once`);
});

test('work is done in slices of a budget, with pauses in between', async () => {
  function* counting(): Work<string> {
    for (let step = 0; step < 10; step += 1) yield;
    return 'done';
  }
  let clock = 0;
  let pauses = 0;
  const result = await inSlices(counting(), {
    budget: 3,
    now: () => clock++,
    pause: async () => {
      pauses += 1;
    },
  });
  assert.is(result, 'done');
  assert.is(pauses, 3);
});

test('work that nobody wants any more is given up', async () => {
  const giveUp = new AbortController();
  let steps = 0;
  function* endless(): Work<void> {
    for (;;) {
      steps += 1;
      yield;
    }
  }
  const result = await inSlices(endless(), {
    budget: 0,
    pause: async () => giveUp.abort(),
    signal: giveUp.signal,
  });
  assert.is(result, undefined);
  assert.is(steps, 1);
});

test.run();
