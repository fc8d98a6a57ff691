import { createHash } from 'node:crypto';
import { encodeBatch } from '../../../../adapters/sqljs/batch.ts';
import type { FileSystem } from '../../../../adapters/sqljs/file-system.ts';
import { storePaths } from '../../../../adapters/sqljs/paths.ts';
import { recoverStore } from '../../../../adapters/sqljs/recover-store.ts';
import { FRAME_HEADER, type FrameKind } from '../../../../adapters/sqljs/redo-format.ts';
import { RedoLog } from '../../../../adapters/sqljs/redo-log.ts';
import { SqlSide } from '../../../../adapters/sqljs/sql-side.ts';
import { SqlStore } from '../../../../adapters/sqljs/sql-store.ts';
import { loadSqlite } from '../../../../adapters/sqljs/sqlite.ts';
import type { CommitBatch, PruneQuery } from '../../../../services/ports.ts';

export const IMAGE = '/store/recovery.db';
export const PATHS = storePaths(IMAGE);
export const sqlite = await loadSqlite();

/** A write of the engine: a commit, or a prune. */
export type EngineWrite = { readonly batch: CommitBatch } | { readonly prune: PruneQuery };

/** Bytes of a new redo file. Most of a megabyte would be zeros, which the simulated disk copies; of so few a file has to grow, too. */
const FIRST_CHUNK = 32 * 1024;

/** The log's side and the database's side as the two threads drive them, on one thread. */
export class Engine {
  readonly log: RedoLog;
  readonly side: SqlSide;
  readonly warnings: readonly string[];

  constructor(fs: FileSystem) {
    const { sql, start, warnings } = recoverStore(fs, PATHS, sqlite);
    this.warnings = warnings;
    this.log = new RedoLog(fs, PATHS, start, FIRST_CHUNK);
    this.side = new SqlSide(fs, PATHS, sql);
  }

  /** @returns the position of its first transition */
  write(write: EngineWrite): number {
    const { kind, payload, count } = framed(write);
    const { sequence, position, frame } = this.log.append(kind, payload, count);
    this.side.receive({
      kind,
      sequence,
      position,
      count,
      payload: frame.toString('utf8', FRAME_HEADER),
    });
    return position;
  }

  /** The steps of a checkpoint; it has begun when this returns. */
  checkpoint(): Generator<void, number, void> {
    return this.side.checkpoint(this.log.rotate());
  }

  close(): void {
    this.log.close();
    for (const _ of this.side.checkpoint(this.log.generation + 1));
    this.side.sql.close();
  }

  /** A digest of everything in the database. */
  contents(): string {
    this.side.drain();
    return contentsOf(this.side.sql);
  }

  /** Lets go of what is in memory, as the end of the process does. */
  drop(): void {
    this.side.sql.close();
  }
}

/** The contents after each number of writes, from an empty store on. */
export function contentsAfter(writes: readonly EngineWrite[]): readonly string[] {
  const sql = new SqlStore(sqlite);
  const contents = [contentsOf(sql)];
  let position = 1;
  for (const [index, write] of writes.entries()) {
    const { kind, payload, count } = framed(write);
    sql.apply([{ kind, payload, count, position, sequence: index + 1 }]);
    position += count;
    contents.push(contentsOf(sql));
  }
  sql.close();
  return contents;
}

function framed(write: EngineWrite): { kind: FrameKind; payload: string; count: number } {
  return 'batch' in write
    ? { kind: 'commit', payload: encodeBatch(write.batch), count: write.batch.transitions.length }
    : { kind: 'prune', payload: JSON.stringify(write.prune), count: 0 };
}

const TABLES = {
  recovery_data: 'operation_id',
  recovery_steps: 'operation_id, name',
  recovery_transitions: 'position',
  recovery_breakers: 'key',
};

function contentsOf(sql: SqlStore): string {
  const tables = Object.entries(TABLES).map(([table, order]) =>
    sql.rows(`SELECT * FROM ${table} ORDER BY ${order}`, []),
  );
  return createHash('sha1').update(JSON.stringify(tables)).digest('hex');
}
