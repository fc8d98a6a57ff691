import { resolve } from 'node:path';
import { PersistenceError } from '../../services/errors.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { checkImage } from './image.ts';
import { lockHolder } from './lock.ts';
import { redoGenerations, redoPath, type StorePaths, storePaths } from './paths.ts';
import { decodeHeader } from './redo-format.ts';
import { type RedoScan, scanRedo } from './redo-scan.ts';
import { SqlStore } from './sql-store.ts';
import { loadSqlite } from './sqlite.ts';

/** Something in a store's files that should not be so. */
export interface StoreProblem {
  readonly file: string;
  /** In bytes, where the problem has a place. */
  readonly offset?: number;
  readonly problem: string;
  readonly advice: string;
}

/** What a store's files hold. */
export interface StoreInspection {
  readonly path: string;
  readonly exists: boolean;
  /** `PRAGMA user_version`; absent where the image can't be read. */
  readonly format?: number;
  /** The generation of the image. */
  readonly generation?: number;
  readonly imageBytes: number;
  /** Bytes of redo frames that no image holds yet. */
  readonly redoBytes: number;
  readonly redoFrames: number;
  /** Bytes of a write that was under way when the process ended; never acknowledged, and cut off on the next opening. */
  readonly tornBytes: number;
  /** With the redo applied. */
  readonly operationsByState: Readonly<Record<string, number>>;
  /** With the redo applied. */
  readonly transitions: number;
  /** What would keep the store from opening, or is wrong otherwise. Empty on a sound store. */
  readonly problems: readonly StoreProblem[];
  /** What `PRAGMA integrity_check` says of the image; `ok` also where there is none. */
  readonly integrity: 'ok' | readonly string[];
  /** The process that has the store open. What was read may then be of two moments. */
  readonly lockedBy?: number;
}

/**
 * Looks at a store's files: opens nothing for writing, takes no lock, changes nothing. Reports what is wrong instead of throwing it.
 * @throws PersistenceError where sql.js can't be loaded
 */
export async function inspectStore(path: string): Promise<StoreInspection> {
  const paths = storePaths(resolve(path));
  const lockedBy = await lockHolder(paths.lock).catch(() => undefined);
  const look = new StoreLook(nodeFileSystem, paths, lockedBy !== undefined);
  const inspection = look.inspect(await loadSqlite());
  return { ...inspection, ...(lockedBy === undefined ? {} : { lockedBy }) };
}

const BACKUP = 'keep a copy of all its files, and put a backup in their place';
const LATER = 'another process has it open: look again when it is closed';

class StoreLook {
  readonly #fs: FileSystem;
  readonly #paths: StorePaths;
  readonly #busy: boolean;
  readonly #problems: StoreProblem[] = [];

  constructor(fs: FileSystem, paths: StorePaths, busy: boolean) {
    this.#fs = fs;
    this.#paths = paths;
    this.#busy = busy;
  }

  inspect(sqlite: Awaited<ReturnType<typeof loadSqlite>>): StoreInspection {
    const { image } = this.#paths;
    const kind = this.#try(image, () => this.#fs.kind(image)) ?? 'none';
    const bytes = kind === 'none' ? undefined : this.#try(image, () => this.#read(image));
    const found = {
      path: image,
      exists: kind !== 'none',
      imageBytes: bytes?.length ?? 0,
      redoBytes: 0,
      redoFrames: 0,
      tornBytes: 0,
      operationsByState: {},
      transitions: 0,
      problems: this.#problems,
      integrity: 'ok' as const,
    };
    if (kind === 'none') this.#orphans();
    const sound = bytes && this.#try(image, () => checkImage(bytes, image));
    if (!sound) return found;
    // SQLite works on these very bytes, and brings an older format up to date in them.
    const format = sound.readUInt32BE(60);
    const sql = this.#try(image, () => new SqlStore(sqlite, sound));
    if (!sql) return { ...found, format };
    try {
      const { generation } = sql.mark;
      const integrity = this.#integrity(sql);
      const scans = this.#redo(generation);
      this.#try(image, () => sql.apply(scans.flatMap(scan => scan.frames)));
      const states = this.#try(image, () =>
        sql.rows('SELECT state, count(*) FROM recovery_data GROUP BY state ORDER BY state', []),
      );
      const moves = this.#try(image, () =>
        sql.rows('SELECT count(*) FROM recovery_transitions', []),
      );
      return {
        ...found,
        format,
        generation,
        redoBytes: sum(scans.map(scan => scan.end)),
        redoFrames: sum(scans.map(scan => scan.frames.length)),
        tornBytes: sum(scans.map(scan => scan.tornBytes)),
        operationsByState: Object.fromEntries(
          (states ?? []).map(([k, n]) => [String(k), Number(n)]),
        ),
        transitions: Number(moves?.[0]?.[0] ?? 0),
        integrity,
      };
    } finally {
      sql.close();
    }
  }

  /** The redo files that continue the image, up to the first that is not sound. */
  #redo(first: number): readonly RedoScan[] {
    const { folder } = this.#paths;
    const generations = this.#try(folder, () => redoGenerations(this.#fs, this.#paths)) ?? [];
    const scans: RedoScan[] = [];
    const files = generations
      .filter(generation => generation >= first)
      .map(generation => {
        const path = redoPath(this.#paths, generation);
        return { generation, path, bytes: this.#try(path, () => this.#read(path)) };
      });
    for (const [index, { generation, path, bytes }] of files.entries()) {
      if (generation !== first + index) {
        this.#add(redoPath(this.#paths, first + index), 'is missing', BACKUP, 0);
        return scans;
      }
      if (!bytes) return scans;
      const next = files[index + 1]?.bytes;
      const header = next && decodeHeader(next);
      const after = header && 'firstSequence' in header ? header.firstSequence : undefined;
      const scan = scanRedo(bytes, generation, after);
      if (scan.damage) {
        this.#add(path, scan.damage.problem, this.#busy ? LATER : BACKUP, scan.damage.offset);
        return scans;
      }
      scans.push(scan);
    }
    return scans;
  }

  #integrity(sql: SqlStore): 'ok' | readonly string[] {
    const { image } = this.#paths;
    const rows = this.#try(image, () => sql.rows('PRAGMA integrity_check(20)', [])) ?? [];
    const messages = rows.map(([message]) => String(message));
    if (messages.length === 1 && messages[0] === 'ok') return 'ok';
    for (const message of messages) this.#add(image, message, BACKUP);
    return messages;
  }

  #orphans(): void {
    const { image, folder } = this.#paths;
    if (this.#fs.kind(folder) === 'none') return;
    const [redo] = this.#try(folder, () => redoGenerations(this.#fs, this.#paths)) ?? [];
    if (redo !== undefined) {
      this.#add(image, `is missing, while ${redoPath(this.#paths, redo)} is there`, BACKUP);
    }
  }

  #read(path: string): Buffer {
    const fd = this.#fs.open(path, 'r');
    try {
      return this.#fs.read(fd, 0, this.#fs.size(fd));
    } finally {
      this.#fs.close(fd);
    }
  }

  #try<T>(file: string, fn: () => T): T | undefined {
    try {
      return fn();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof PersistenceError) {
        const { offset } = error.details;
        this.#add(file, message, 'the store can not be opened like this', Number(offset ?? 0));
      } else {
        this.#add(file, message, this.#busy ? LATER : BACKUP);
      }
      return undefined;
    }
  }

  #add(file: string, problem: string, advice: string, offset?: number): void {
    this.#problems.push({ file, problem, advice, ...(offset === undefined ? {} : { offset }) });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
