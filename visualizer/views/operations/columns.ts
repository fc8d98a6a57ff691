import type { SortColumn } from '../../data/row-store.ts';
import type { Sorting } from '../../data/row-view.ts';

export interface Column {
  readonly id: SortColumn;
  readonly words: string;
  /** What a first click sorts by. */
  readonly descendingFirst?: boolean;
}

export const COLUMNS: readonly Column[] = [
  { id: 'state', words: 'State' },
  { id: 'name', words: 'Operation' },
  { id: 'id', words: 'Id' },
  { id: 'attempt', words: 'Attempt', descendingFirst: true },
  { id: 'breakerKey', words: 'Breaker' },
  { id: 'dueAt', words: 'Due', descendingFirst: true },
  { id: 'createdAt', words: 'Created', descendingFirst: true },
  { id: 'updatedAt', words: 'Updated', descendingFirst: true },
  { id: 'error', words: 'Last error' },
];

const DEFAULT: Sorting = { column: 'createdAt', descending: true };

/** A sorting of an address: `name` or `-updatedAt`. */
export function sortingOf(text: string): Sorting {
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  const column = COLUMNS.find(({ id }) => id === name);
  return column === undefined ? DEFAULT : { column: column.id, descending };
}

export const sortText = ({ column, descending }: Sorting): string =>
  `${descending ? '-' : ''}${column}`;

/** What a click on a column's head sorts by. */
export function sortedBy(column: Column, now: Sorting): Sorting {
  return now.column === column.id
    ? { column: column.id, descending: !now.descending }
    : { column: column.id, descending: column.descendingFirst === true };
}
