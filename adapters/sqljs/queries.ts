import type { ListQuery, TransitionQuery } from '../../services/ports.ts';
import type { PagePlace } from '../paging.ts';
import { UNFINISHED } from './schema.ts';
import type { SqlValue } from './sqlite.ts';

/**
 * A query whose rows SQLite makes into JSON. The first column is an object; the second, where there is one, is JSON text that belongs into it as
 * `snapshot`, so that it is neither parsed nor escaped on its way.
 */
export interface JsonQuery {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** A `ListQuery` or the query of `unfinished`, checked, and with its cursor decoded. */
export interface CheckedList extends Omit<ListQuery, 'cursor' | 'limit'> {
  readonly limit: number;
  readonly after?: PagePlace;
}

/** Text that isn't JSON any more becomes a string, so that one bad row spoils no page. */
const SNAPSHOT = `CASE WHEN json_valid(snapshot) THEN snapshot ELSE json_quote(snapshot) END`;

const OPERATION = `SELECT json_object(
  'id', operation_id, 'name', function_name, 'state', state, 'attempt', attempt, 'seq', seq, 'args', args, 'result', result,
  'error', error, 'metadata', metadata, 'version', version, 'breakerKey', breaker_key, 'dueAt', due_at, 'owner', owner, 'epoch', epoch,
  'createdAt', created_at, 'updatedAt', updated_at, 'parentId', parent_id), ${SNAPSHOT} FROM recovery_data`;

/** `json(NULL)` is NULL, which `json_object` writes as `null`. */
const SUMMARY = `SELECT json_object(
  'id', operation_id, 'name', function_name, 'state', state, 'attempt', attempt, 'breakerKey', breaker_key, 'dueAt', due_at,
  'createdAt', created_at, 'updatedAt', updated_at, 'parentId', parent_id,
  'value', json(CASE WHEN json_valid(snapshot) THEN snapshot -> '$.value' END),
  'errorMessage', CASE WHEN json_valid(error) AND json_type(error, '$.message') = 'text' THEN error ->> '$.message' END)
  FROM recovery_data`;

const TRANSITION = `SELECT CASE WHEN operation_id IS NOT NULL THEN json_object(
    'kind', 'operation', 'position', position, 'operationId', operation_id, 'name', function_name, 'seq', seq,
    'from', from_state, 'to', to_state, 'event', event, 'attempt', attempt, 'reason', json(reason), 'at', at)
  ELSE json_object(
    'kind', 'breaker', 'position', position, 'key', breaker_key, 'seq', seq,
    'from', from_state, 'to', to_state, 'event', event, 'reason', json(reason), 'at', at)
  END FROM recovery_transitions`;

export function findQuery(id: string): JsonQuery {
  return { sql: `${OPERATION} WHERE operation_id = ?`, values: [id] };
}

export function stepsQuery(operationIds: readonly string[]): JsonQuery {
  return {
    sql: `SELECT json_object('operationId', operation_id, 'name', name, 'result', result, 'attempt', attempt, 'at', at)
          FROM recovery_steps WHERE operation_id IN (SELECT value FROM json_each(?)) ORDER BY rowid`,
    values: [JSON.stringify(operationIds)],
  };
}

export function breakersQuery(): JsonQuery {
  return {
    sql: `SELECT json_object('key', key, 'state', state, 'seq', seq, 'updatedAt', updated_at), ${SNAPSHOT}
          FROM recovery_breakers ORDER BY rowid`,
    values: [],
  };
}

/** State and number of each. */
export function countsQuery(): JsonQuery {
  return {
    sql: `SELECT json_array(state, count(*)) FROM recovery_data INDEXED BY recovery_data_by_state GROUP BY state`,
    values: [],
  };
}

export function unfinishedQuery({ limit, after }: CheckedList): JsonQuery {
  const where = [
    `state IN (${UNFINISHED})`,
    ...(after ? ['(created_at, operation_id) > (?, ?)'] : []),
  ];
  return {
    sql: `${OPERATION} INDEXED BY recovery_data_by_unfinished
          WHERE ${where.join(' AND ')} ORDER BY created_at, operation_id LIMIT ?`,
    values: [...(after ? [after.at, after.id] : []), limit + 1],
  };
}

/** A condition with the values of its marks. */
type Condition = readonly [sql: string, ...values: SqlValue[]];

/** More alternatives than these are looked for along the creation time. */
const MOST_BRANCHES = 8;

/**
 * Every filter has an index that is in the order of the result. Several states or names are as many walks, each of at most a page, whose
 * rows are put in order; in one query SQLite would read and sort every row that fits.
 */
export function listQuery(query: CheckedList): JsonQuery {
  return selected(OPERATION, query);
}

/** The same rows, with what a list shows of them. */
export function summariesQuery(query: CheckedList): JsonQuery {
  return selected(SUMMARY, query);
}

function selected(columns: string, query: CheckedList): JsonQuery {
  const { states, names, ids, after, order } = query;
  const [compare, direction] = order === 'oldest' ? ['>', 'ASC'] : ['<', 'DESC'];
  const end = `ORDER BY created_at ${direction}, operation_id ${direction} LIMIT ?`;
  const page = query.limit + 1;
  const conditions = filters(after ? upTo(query, after.at) : query);
  if (after) {
    conditions.push([`(created_at, operation_id) ${compare} (?, ?)`, after.at, after.id]);
  }
  let branches: readonly Condition[] = [];
  if (ids) {
    // They are the way to the rows; of these everything else is looked at.
    conditions.push(['operation_id IN (SELECT value FROM json_each(?))', JSON.stringify(ids)]);
    if (states) conditions.push([`+state IN (${marks(states)})`, ...states]);
    if (names) conditions.push([`+function_name IN (${marks(names)})`, ...names]);
  } else if (states && states.length > 1) {
    branches = [...new Set(states)].map(state => ['state = ?', state]);
    if (names) conditions.push([`+function_name IN (${marks(names)})`, ...names]);
  } else {
    if (states) conditions.push([`state IN (${marks(states)})`, ...states]);
    if (names && names.length > 1 && names.length <= MOST_BRANCHES) {
      branches = [...new Set(names)].map(name => ['function_name = ?', name]);
    } else if (names) {
      const column = names.length > 1 ? '+function_name' : 'function_name';
      conditions.push([`${column} IN (${marks(names)})`, ...names]);
    }
  }
  if (branches.length === 0) {
    const { sql, values } = where(conditions);
    const walk = conditions.length === 0 ? 'INDEXED BY recovery_data_by_created' : sql;
    return { sql: `${columns} ${walk} ${end}`, values: [...values, page] };
  }
  const walks = branches.map(branch => where([branch, ...conditions]));
  const rowids = walks.map(
    ({ sql }) => `SELECT * FROM (SELECT rowid FROM recovery_data ${sql} ${end})`,
  );
  return {
    sql: `${columns} WHERE rowid IN (${rowids.join(' UNION ALL ')}) ${end}`,
    values: [...walks.flatMap(({ values }) => [...values, page]), page],
  };
}

/** A page begins where the one before ended; what the range still spans beyond that is not read again. */
function upTo(query: CheckedList, at: number): CheckedList {
  const { order, createdFrom, createdBefore } = query;
  return order === 'oldest'
    ? { ...query, createdFrom: Math.max(createdFrom ?? at, at) }
    : { ...query, createdBefore: Math.min(createdBefore ?? at + 1, at + 1) };
}

function filters(query: CheckedList): Condition[] {
  const { breakerKey, parentId, createdFrom, createdBefore, text } = query;
  const conditions: Condition[] = [];
  if (parentId !== undefined) conditions.push(['parent_id = ?', parentId]);
  if (breakerKey !== undefined) conditions.push(['breaker_key = ?', breakerKey]);
  if (createdFrom !== undefined) conditions.push(['created_at >= ?', createdFrom]);
  if (createdBefore !== undefined) conditions.push(['created_at < ?', createdBefore]);
  if (text !== undefined && text !== '') conditions.push(contains(text));
  return conditions;
}

function where(conditions: readonly Condition[]): JsonQuery {
  const sql = conditions.map(([condition]) => condition).join(' AND ');
  return {
    sql: sql === '' ? '' : `WHERE ${sql}`,
    values: conditions.flatMap(([, ...values]) => values),
  };
}

export function transitionsQuery(query: TransitionQuery & { readonly limit: number }): JsonQuery {
  const conditions: Condition[] = [['position > ?', query.since ?? 0]];
  if (query.operationId !== undefined) conditions.push(['operation_id = ?', query.operationId]);
  if (query.breakerKey !== undefined) conditions.push(['breaker_key = ?', query.breakerKey]);
  const { sql, values } = where(conditions);
  return {
    sql: `${TRANSITION} ${sql} ORDER BY position ${query.order === 'newest' ? 'DESC' : 'ASC'} LIMIT ?`,
    values: [...values, query.limit],
  };
}

/**
 * Arrow, number and last position of each kind among so many transitions after a position. The arrow is one text (kind, from, to, event and kind of
 * reason, by lines), since to group by five columns takes twice as long. No index for it: it would cost each commit more than a count takes.
 */
export function arrowsQuery(since: number, limit: number): JsonQuery {
  return {
    sql: `SELECT json_array(arrow, count(*), max(position)) FROM (
            SELECT position, concat(CASE WHEN operation_id IS NULL THEN 'breaker' ELSE 'operation' END, char(10), from_state, char(10),
              to_state, char(10), event, char(10), json_extract(reason, '$.kind')) AS arrow
            FROM recovery_transitions WHERE position > ? ORDER BY position LIMIT ?)
          GROUP BY arrow`,
    values: [since, limit],
  };
}

const SEARCHED = ['operation_id', 'function_name', 'args', 'error'];
/** SQLite refuses longer LIKE patterns. */
const LONGEST_PATTERN = 40_000;

/** LIKE ignores the case of ASCII letters only; anything else goes through JavaScript's own lower case. */
function contains(text: string): Condition {
  const plain = /^[\x20-\x7e]*$/.test(text) && text.length < LONGEST_PATTERN;
  const pattern = plain ? `%${text.replace(/[\\%_]/g, '\\$&')}%` : text.toLowerCase();
  const conditions = SEARCHED.map(column =>
    plain ? `${column} LIKE ? ESCAPE '\\'` : `instr(lower_case(${column}), ?) > 0`,
  );
  return [`(${conditions.join(' OR ')})`, ...SEARCHED.map(() => pattern)];
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/** The rows of a `JsonQuery` as one JSON array. */
export function jsonOf(rows: readonly (readonly SqlValue[])[]): string {
  const items = rows.map(([row, snapshot]) =>
    snapshot === undefined ? row : `${String(row).slice(0, -1)},"snapshot":${String(snapshot)}}`,
  );
  return `[${items.join(',')}]`;
}
