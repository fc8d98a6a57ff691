import type { RowStore } from './row-store.ts';
import type { OperationState } from './wire.ts';

/** Which rows are shown. What is empty or `null` restricts nothing. */
export interface RowFilter {
  readonly states: readonly OperationState[];
  readonly names: readonly string[];
  readonly breakerKey: string;
  /** In the id, the name, the key or the error; case does not matter. */
  readonly text: string;
  /** Epoch milliseconds. */
  readonly createdFrom: number | null;
  readonly createdBefore: number | null;
}

export const EVERYTHING: RowFilter = {
  states: [],
  names: [],
  breakerKey: '',
  text: '',
  createdFrom: null,
  createdBefore: null,
};

export const restricts = (filter: RowFilter): boolean =>
  filter.states.length > 0 ||
  filter.names.length > 0 ||
  filter.breakerKey !== '' ||
  filter.text.trim() !== '' ||
  filter.createdFrom !== null ||
  filter.createdBefore !== null;

/**
 * The filter as a question about a row.
 * @param found operations of which the server has said that the text stands in their input or error
 */
export function fits(
  filter: RowFilter,
  store: RowStore,
  found: ReadonlySet<string> = new Set(),
): (row: number) => boolean {
  const { createdFrom, createdBefore, breakerKey } = filter;
  const states = new Set(filter.states);
  const names = new Set(filter.names);
  const text = filter.text.trim().toLowerCase();
  const has = (part: string) => part.toLowerCase().includes(text);
  return row => {
    if (states.size > 0 && !states.has(store.stateOf(row))) return false;
    if (names.size > 0 && !names.has(store.nameOf(row))) return false;
    if (breakerKey !== '' && store.keyOf(row) !== breakerKey) return false;
    if (createdFrom !== null && store.createdAt(row) < createdFrom) return false;
    if (createdBefore !== null && store.createdAt(row) >= createdBefore) return false;
    if (text === '') return true;
    const id = store.idOf(row);
    return (
      has(id) ||
      has(store.nameOf(row)) ||
      has(store.errorOf(row)) ||
      has(store.keyOf(row)) ||
      found.has(id)
    );
  };
}
