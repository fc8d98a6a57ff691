import type { PruneQuery } from '../../services/ports.ts';
import { FINISHED, UNFINISHED } from './schema.ts';
import type { Database, SqlValue } from './sqlite.ts';

const DELETES = [
  'DELETE FROM recovery_steps WHERE operation_id = ?',
  'DELETE FROM recovery_transitions WHERE operation_id = ?',
  'DELETE FROM recovery_data WHERE operation_id = ?',
];

/**
 * Removes finished operations, oldest `updatedAt` first, at most `query.limit`. What it removes follows from the query and the database alone, so
 * replaying it removes the same.
 */
export function prune(db: Database, query: PruneQuery): number {
  const doomed = withDescendants(db, candidates(db, query));
  for (const sql of DELETES) {
    const statement = db.prepare(sql);
    for (const id of doomed) statement.run([id]);
    statement.free();
  }
  return doomed.length;
}

/** With the finished operations that descend from them through finished ones. */
function withDescendants(db: Database, ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return ids;
  const statement = db.prepare(
    `WITH RECURSIVE gone (id) AS (
       SELECT value FROM json_each(?)
       UNION SELECT operation_id FROM recovery_data JOIN gone ON parent_id = id WHERE state IN (${FINISHED}))
     SELECT id FROM gone`,
  );
  const all: string[] = [];
  statement.bind([JSON.stringify(ids)]);
  while (statement.step()) all.push(String(statement.get()[0]));
  statement.free();
  return all;
}

/**
 * Those that may go are, in each state, the ones that changed longest ago. So the first `limit` of each state hold the first `limit` of all, and no
 * more of the index is read than that.
 */
function candidates(db: Database, query: PruneQuery): readonly string[] {
  const { limit, maxRows, successBefore, failureBefore } = query;
  let surplus = 0;
  if (maxRows !== undefined) {
    const count = `SELECT count(*) FROM recovery_data WHERE state IN (${FINISHED})`;
    surplus = Number(db.exec(count)[0]?.values[0]?.[0] ?? 0) - maxRows;
  }
  const rows: { readonly id: string; readonly at: number; readonly before: number | undefined }[] =
    [];
  for (const state of ['success', 'failed', 'exhausted']) {
    const before = state === 'success' ? successBefore : failureBefore;
    if (surplus <= 0 && before === undefined) continue;
    for (const [id, at] of oldest(db, state, limit)) {
      rows.push({ id: String(id), at: Number(at), before });
    }
  }
  rows.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return rows
    .filter(({ at, before }, rank) => rank < surplus || (before !== undefined && at < before))
    .slice(0, limit)
    .map(row => row.id);
}

function oldest(db: Database, state: string, limit: number): SqlValue[][] {
  const statement = db.prepare(
    `SELECT operation_id, updated_at FROM recovery_data AS child INDEXED BY recovery_data_by_finish
     WHERE state = ? AND state IN (${FINISHED}) AND NOT EXISTS (
       SELECT 1 FROM recovery_data WHERE operation_id = child.parent_id AND state IN (${UNFINISHED}))
     ORDER BY updated_at, operation_id LIMIT ?`,
  );
  const rows: SqlValue[][] = [];
  statement.bind([state, limit]);
  while (statement.step()) rows.push(statement.get());
  statement.free();
  return rows;
}
