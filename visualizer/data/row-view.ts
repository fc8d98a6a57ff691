import { EVERYTHING, fits, type RowFilter } from './filter.ts';
import { merged, type RowNumbers, sorted } from './merge-sort.ts';
import type { RowStore, SortColumn } from './row-store.ts';
import type { Work } from './slices.ts';

export interface Sorting {
  readonly column: SortColumn;
  readonly descending: boolean;
}

export interface Criteria {
  readonly filter: RowFilter;
  readonly sorting: Sorting;
  /** Ids that the server has found the text in. */
  readonly found: ReadonlySet<string>;
}

export const NEWEST_FIRST: Criteria = {
  filter: EVERYTHING,
  sorting: { column: 'createdAt', descending: true },
  found: new Set(),
};

const STRIDE = 1_024;

/** The rows that fit a filter, in an order. Changing the criteria is long work in small steps; taking in changed rows is one pass. */
export class RowView {
  readonly #store: RowStore;
  #criteria: Criteria = NEWEST_FIRST;
  #order: RowNumbers = new Uint32Array(0);
  #marks = new Uint8Array(0);

  constructor(store: RowStore) {
    this.#store = store;
  }

  get length(): number {
    return this.#order.length;
  }

  get criteria(): Criteria {
    return this.#criteria;
  }

  /** Number of the row at a place. */
  at(place: number): number | undefined {
    return this.#order[place];
  }

  /** Row numbers in their order; not to be changed. */
  rows(): Uint32Array {
    return this.#order;
  }

  /** Works out the order anew. The store must not change until it is done; what is shown stays as it was until then. */
  *rebuild(criteria: Criteria): Work<void> {
    const store = this.#store;
    const fit = fits(criteria.filter, store, criteria.found);
    const rows = new Uint32Array(store.size);
    let length = 0;
    for (let row = 0; row < rows.length; row += 1) {
      if (fit(row)) {
        rows[length] = row;
        length += 1;
      }
      if (row % STRIDE === STRIDE - 1) yield;
    }
    const { column, descending } = criteria.sorting;
    const order = yield* sorted(rows.slice(0, length), store.comparator(column, descending));
    this.#order = order;
    this.#criteria = criteria;
  }

  /** Takes in rows that are new or have changed: those that are shown move to their place, come or go. */
  take(changed: readonly number[]): void {
    if (changed.length === 0) return;
    const store = this.#store;
    if (this.#marks.length < store.size) this.#marks = new Uint8Array(store.size * 2);
    const marks = this.#marks;
    const { filter, sorting, found } = this.#criteria;
    const fit = fits(filter, store, found);
    const compare = store.comparator(sorting.column, sorting.descending);
    const incoming: number[] = [];
    for (const row of changed) {
      if (marks[row] === 1) continue;
      marks[row] = 1;
      if (fit(row)) incoming.push(row);
    }
    const kept = unmarked(this.#order, marks);
    for (const row of changed) marks[row] = 0;
    this.#order = merged(kept, Uint32Array.from(incoming).sort(compare), compare);
  }
}

function unmarked(rows: RowNumbers, marks: Uint8Array): RowNumbers {
  const kept = new Uint32Array(rows.length);
  let length = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] ?? 0;
    if (marks[row] === 1) continue;
    kept[length] = row;
    length += 1;
  }
  return kept.subarray(0, length);
}
