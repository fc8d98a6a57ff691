import type {
  ListQuery,
  OperationRecord,
  OperationSummaryRecord,
  Page,
  RecoveryState,
} from '../../services/ports.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';

/** Whether an operation in that state never changes again by itself. */
export function isFinished(state: RecoveryState): boolean {
  return state === 'success' || state === 'failed' || state === 'exhausted';
}

/** The filter of a query, as a predicate. */
export function matcher(query: ListQuery): (row: OperationRecord) => boolean {
  const { states, names, breakerKey, parentId, createdFrom, createdBefore } = query;
  const text = query.text?.toLowerCase();
  const ids = query.ids && new Set(query.ids);
  return row =>
    (ids === undefined || ids.has(row.id)) &&
    (states === undefined || states.includes(row.state)) &&
    (names === undefined || names.includes(row.name)) &&
    (breakerKey === undefined || row.breakerKey === breakerKey) &&
    (parentId === undefined || row.parentId === parentId) &&
    (createdFrom === undefined || row.createdAt >= createdFrom) &&
    (createdBefore === undefined || row.createdAt < createdBefore) &&
    (text === undefined ||
      [row.id, row.name, row.args, row.error].some(part => part?.toLowerCase().includes(text)));
}

/** What a list shows of a row. Text that is not JSON has no message. */
export function summaryOf(row: OperationRecord): OperationSummaryRecord {
  const { id, name, state, attempt, breakerKey, parentId, dueAt, createdAt, updatedAt } = row;
  const value = member(row.snapshot, 'value') ?? null;
  const message = member(parsed(row.error), 'message');
  const errorMessage = typeof message === 'string' ? message : null;
  return {
    id,
    name,
    state,
    attempt,
    breakerKey,
    parentId,
    dueAt,
    createdAt,
    updatedAt,
    value,
    errorMessage,
  };
}

function member(value: unknown, name: string): unknown {
  return (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** The rows after the cursor, by creation time and then id. */
export function pageOf(
  rows: OperationRecord[],
  limit: number,
  order: 'newest' | 'oldest',
  cursor: string | undefined,
): Page<OperationRecord> {
  const direction = order === 'oldest' ? 1 : -1;
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const sorted = rows
    .filter(row => !after || direction * compare(row.createdAt, row.id, after.at, after.id) > 0)
    .sort((a, b) => direction * compare(a.createdAt, a.id, b.createdAt, b.id));
  const items = sorted.slice(0, limit);
  const last = items.at(-1);
  return last && sorted.length > limit
    ? { items, next: encodeCursor({ at: last.createdAt, id: last.id }) }
    : { items };
}

/** Order in which retention removes: the one that changed longest ago goes first. */
export function oldestUpdateFirst(a: OperationRecord, b: OperationRecord): number {
  return compare(a.updatedAt, a.id, b.updatedAt, b.id);
}

/** Ids of rows, and of those among the others that descend from them through finished rows. */
export function withDescendants(
  rows: readonly OperationRecord[],
  others: readonly OperationRecord[],
): ReadonlySet<string> {
  const ids = new Set(rows.map(row => row.id));
  if (ids.size === 0) return ids;
  const children = new Map<string, string[]>();
  for (const { id, parentId } of others) {
    if (parentId === null) continue;
    const siblings = children.get(parentId);
    if (siblings === undefined) children.set(parentId, [id]);
    else siblings.push(id);
  }
  // A set that grows while it is walked is walked to its new end.
  for (const id of ids) for (const child of children.get(id) ?? []) ids.add(child);
  return ids;
}

function compare(at: number, id: string, otherAt: number, otherId: string): number {
  if (at !== otherAt) return at - otherAt;
  return id < otherId ? -1 : id > otherId ? 1 : 0;
}

/** Index of the first entry with a position greater than `since`, by halving. */
export function firstAfter(log: readonly { readonly position: number }[], since: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.position ?? 0) > since) high = middle;
    else low = middle + 1;
  }
  return low;
}
