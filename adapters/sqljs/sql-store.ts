import { coalesce } from './coalesce.ts';
import { prune } from './prune.ts';
import type { RedoFrame } from './redo-format.ts';
import { MIGRATIONS, SCHEMA, SETTINGS, STORE_FORMAT } from './schema.ts';
import { SqlWriter } from './sql-writer.ts';
import type { Database, Sqlite, SqlValue, Statement } from './sqlite.ts';

/** What an image knows of the redo that continues it. */
export interface ImageMark {
  /** The first redo generation that the image does not hold. */
  readonly generation: number;
  /** The last frame that it holds. */
  readonly sequence: number;
  /** The last position that was given away. */
  readonly position: number;
}

/** Statements of reads that are kept prepared; filters come in many forms. */
const KEPT_STATEMENTS = 64;

/** The database in memory, and how far it has come. Synchronous; lives in the SQL thread. */
export class SqlStore {
  readonly #db: Database;
  /** The image is of an older format than what it has become here. */
  readonly migrated: boolean;
  readonly #reads = new Map<string, Statement>();
  readonly #prunes = new Map<number, number>();
  #writer: SqlWriter;
  #generation: number;
  #sequence: number;
  #position: number;

  /** Opens an image, or makes an empty database. @throws what SQLite throws on an image it can't use */
  constructor(sqlite: Sqlite, image?: Uint8Array) {
    this.#db = new sqlite.Database(image);
    if (!image) this.#db.run(SCHEMA);
    this.migrated = this.#migrate();
    this.#settle();
    this.#writer = new SqlWriter(this.#db);
    const mark = new Map(
      this.rows('SELECT key, value FROM recovery_meta', []).map(([key, value]) => [
        String(key),
        Number(value),
      ]),
    );
    this.#generation = mark.get('generation') ?? 1;
    this.#sequence = mark.get('sequence') ?? 0;
    this.#position = mark.get('position') ?? 0;
  }

  get mark(): ImageMark {
    return {
      generation: this.#generation,
      sequence: this.#sequence,
      position: this.#position,
    };
  }

  /** Applies frames in their order, in one transaction; several writes of one operation become one. */
  apply(frames: readonly RedoFrame[]): void {
    if (frames.length === 0) return;
    this.#db.run('BEGIN');
    try {
      for (const part of coalesce(frames)) {
        if ('prune' in part) this.#prunes.set(part.sequence, prune(this.#db, part.prune));
        else this.#writer.write(part);
      }
      this.#db.run('COMMIT');
    } catch (error) {
      this.#db.run('ROLLBACK');
      throw error;
    }
    const last = frames[frames.length - 1] as RedoFrame;
    this.#sequence = last.sequence;
    this.#position = last.position + last.count - 1;
  }

  /** How many operations the frame of that number removed; told once. */
  pruned(sequence: number): number {
    const count = this.#prunes.get(sequence) ?? 0;
    this.#prunes.delete(sequence);
    return count;
  }

  /** The database as a file that continues with redo `generation`. */
  export(generation: number): Uint8Array {
    for (const statement of this.#reads.values()) statement.free();
    this.#reads.clear();
    this.#writer.free();
    const marks: Record<string, number> = { ...this.mark, generation };
    for (const [key, value] of Object.entries(marks)) {
      this.#db.run('INSERT OR REPLACE INTO recovery_meta (key, value) VALUES (?, ?)', [key, value]);
    }
    this.#generation = generation;
    const image = this.#db.export();
    this.#settle();
    this.#writer = new SqlWriter(this.#db);
    return image;
  }

  /** Every row of a query. Statements are kept. */
  rows(sql: string, values: readonly SqlValue[]): SqlValue[][] {
    let statement = this.#reads.get(sql);
    if (!statement) {
      const [oldest] = this.#reads;
      if (oldest && this.#reads.size >= KEPT_STATEMENTS) {
        oldest[1].free();
        this.#reads.delete(oldest[0]);
      }
      statement = this.#db.prepare(sql);
      this.#reads.set(sql, statement);
    }
    const rows: SqlValue[][] = [];
    try {
      statement.bind(values);
      while (statement.step()) rows.push(statement.get());
    } finally {
      statement.reset();
    }
    return rows;
  }

  close(): void {
    this.#reads.clear();
    this.#db.close();
  }

  #migrate(): boolean {
    const format = () => Number(this.#db.exec('PRAGMA user_version')[0]?.values[0]?.[0]);
    const first = format();
    for (let at = first; at < STORE_FORMAT; at++) {
      this.#db.run(`BEGIN; ${MIGRATIONS[at]} PRAGMA user_version = ${at + 1}; COMMIT`);
    }
    return first < STORE_FORMAT;
  }

  #settle(): void {
    this.#db.run(SETTINGS);
    this.#db.create_function('lower_case', text => text?.toLowerCase() ?? null);
  }
}
