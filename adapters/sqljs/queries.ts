import type { ListQuery, TransitionQuery } from '../../services/ports.ts';
import type { PagePlace } from '../paging.ts';
import { UNFINISHED } from './schema.ts';
import type { SqlValue } from './sqlite.ts';

/** A query whose rows are JSON texts, made by SQLite: one string for each row crosses the threads. */
export interface JsonQuery {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** A `ListQuery` or the query of `unfinished`, checked, and with its cursor decoded. */
export interface CheckedList extends Omit<ListQuery, 'cursor' | 'limit'> {
  readonly limit: number;
  readonly after?: PagePlace;
}

/** The snapshot as JSON; text that isn't JSON any more as a string, so that one bad row spoils no page. */
const SNAPSHOT = `CASE WHEN json_valid(snapshot) THEN json(snapshot) ELSE json_quote(snapshot) END`;

const OPERATION = `SELECT json_object(
  'id', operation_id, 'name', function_name, 'state', state, 'attempt', attempt, 'seq', seq, 'args', args, 'result', result,
  'error', error, 'metadata', metadata, 'snapshot', json(${SNAPSHOT}), 'version', version, 'breakerKey', breaker_key,
  'dueAt', due_at, 'owner', owner, 'epoch', epoch, 'createdAt', created_at, 'updatedAt', updated_at) FROM recovery_data`;

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

export function stepsQuery(operationId: string): JsonQuery {
  return {
    sql: `SELECT json_object('operationId', operation_id, 'name', name, 'result', result, 'attempt', attempt, 'at', at)
          FROM recovery_steps WHERE operation_id = ? ORDER BY rowid`,
    values: [operationId],
  };
}

export function breakersQuery(): JsonQuery {
  return {
    sql: `SELECT json_object('key', key, 'state', state, 'seq', seq, 'snapshot', json(${SNAPSHOT}), 'updatedAt', updated_at)
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

export function listQuery(query: CheckedList): JsonQuery {
  const { states, names, breakerKey, createdFrom, createdBefore, text, after, order } = query;
  const where: string[] = [];
  const values: SqlValue[] = [];
  const and = (condition: string, ...bound: SqlValue[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (states) and(`state IN (${marks(states)})`, ...states);
  if (names) and(`function_name IN (${marks(names)})`, ...names);
  if (breakerKey !== undefined) and('breaker_key = ?', breakerKey);
  if (createdFrom !== undefined) and('created_at >= ?', createdFrom);
  if (createdBefore !== undefined) and('created_at < ?', createdBefore);
  if (text !== undefined && text !== '') addText(text, and);
  const [compare, direction] = order === 'oldest' ? ['>', 'ASC'] : ['<', 'DESC'];
  if (after) and(`(created_at, operation_id) ${compare} (?, ?)`, after.at, after.id);
  const filter = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
  return {
    sql: `${OPERATION} ${filter} ORDER BY created_at ${direction}, operation_id ${direction} LIMIT ?`,
    values: [...values, query.limit + 1],
  };
}

export function transitionsQuery(query: TransitionQuery & { readonly limit: number }): JsonQuery {
  const where = ['position > ?'];
  const values: SqlValue[] = [query.since ?? 0];
  if (query.operationId !== undefined) {
    where.push('operation_id = ?');
    values.push(query.operationId);
  }
  if (query.breakerKey !== undefined) {
    where.push('breaker_key = ?');
    values.push(query.breakerKey);
  }
  return {
    sql: `${TRANSITION} WHERE ${where.join(' AND ')} ORDER BY position LIMIT ?`,
    values: [...values, query.limit],
  };
}

const SEARCHED = ['operation_id', 'function_name', 'args', 'error'];
/** SQLite refuses longer LIKE patterns. */
const LONGEST_PATTERN = 40_000;

/** LIKE ignores the case of ASCII letters only; anything else goes through JavaScript's own lower case. */
function addText(text: string, and: (condition: string, ...bound: SqlValue[]) => void): void {
  const plain = /^[\x20-\x7e]*$/.test(text) && text.length < LONGEST_PATTERN;
  const pattern = plain ? `%${text.replace(/[\\%_]/g, '\\$&')}%` : text.toLowerCase();
  const conditions = SEARCHED.map(column =>
    plain ? `${column} LIKE ? ESCAPE '\\'` : `instr(lower_case(${column}), ?) > 0`,
  );
  and(`(${conditions.join(' OR ')})`, ...SEARCHED.map(() => pattern));
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}
