import { PersistenceError } from '../../services/errors.ts';
import {
  type Ending,
  type LogRequest,
  type LogSettings,
  type Opened,
  type SqlRequest,
  toWire,
} from '../sqljs/messages.ts';
import { storePaths } from '../sqljs/paths.ts';
import { jsonOf } from '../sqljs/queries.ts';
import { recoverStore } from '../sqljs/recover-store.ts';
import { FRAME_HEADER, type FrameKind } from '../sqljs/redo-format.ts';
import { RedoLog, type RedoStart } from '../sqljs/redo-log.ts';
import { SqlSide } from '../sqljs/sql-side.ts';
import { loadSqlite, type Sqlite } from '../sqljs/sqlite.ts';
import type { Side, Sides, StoreHost } from '../sqljs/store-host.ts';
import type { Notice } from '../sqljs/thread.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/** Bytes of a new redo file: the lives of tests are short, and the whole file is read at each opening. */
const FIRST_CHUNK = 16 * 1024;

/**
 * A sql.js store in the caller's own thread, on any disk: the same log, database, recovery and images as in production, without the worker threads, whose
 * start costs more than a test, and whose work no simulated clock could see.
 */
export class SingleThreadHost implements StoreHost {
  readonly #disk: SimulatedDisk;
  readonly #engines: Engine[] = [];

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
  }

  settle(path: string): string {
    return path;
  }

  async lock() {
    return { async release() {} };
  }

  start(settings: LogSettings, onNotice: (notice: Notice) => void): Sides {
    const engine = new Engine(this.#disk, settings, onNotice);
    this.#engines.push(engine);
    return {
      log: sideOf<LogRequest>(request => engine.log(request)),
      sql: sideOf<SqlRequest>(request => engine.sql(request)),
    };
  }

  /** Lets go of the memory of databases, as the end of the process does; nothing is written. */
  drop(): void {
    for (const engine of this.#engines.splice(0)) engine.drop();
  }
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Answers come in the order of the calls, and never within the call. */
function sideOf<R extends LogRequest | SqlRequest>(
  answer: (request: WithoutId<R>) => unknown,
): Side<R> {
  let ended: PersistenceError | undefined;
  return {
    async call(request) {
      if (ended !== undefined) throw ended;
      return answer(request);
    },
    async end(error) {
      ended ??= error;
    },
  };
}

/** Both sides of a store, one after the other. */
class Engine {
  readonly #disk: SimulatedDisk;
  readonly #settings: LogSettings;
  readonly #notice: (notice: Notice) => void;
  #log: RedoLog | undefined;
  #side: SqlSide | undefined;

  constructor(disk: SimulatedDisk, settings: LogSettings, notice: (notice: Notice) => void) {
    this.#disk = disk;
    this.#settings = settings;
    this.#notice = notice;
  }

  log(request: WithoutId<LogRequest>): unknown {
    switch (request.type) {
      case 'start':
        this.#log = this.#newLog(request.start);
        return undefined;
      case 'close':
        return this.#closeLog();
      default:
        return this.#append(request.type, request.payload, request.count);
    }
  }

  #newLog(start: RedoStart): RedoLog {
    return new RedoLog(this.#disk, storePaths(this.#settings.path), start, FIRST_CHUNK);
  }

  async #opened(): Promise<Opened> {
    const engine = await sqlite();
    const paths = storePaths(this.#settings.path);
    // To make one takes longer than all the rest of a short life.
    if (this.#disk.list(paths.folder).length === 0) {
      this.#disk.put(paths.image, emptyImage(engine));
    }
    const { sql, ...opened } = recoverStore(this.#disk, paths, engine);
    this.#side = new SqlSide(this.#disk, paths, sql);
    return opened;
  }

  sql(request: WithoutId<SqlRequest>): unknown {
    switch (request.type) {
      case 'open':
        return this.#opened();
      case 'rows': {
        const { sql } = this.#drained();
        return jsonOf(sql.rows(request.sql, request.values));
      }
      case 'pruned':
        return this.#drained().sql.pruned(request.after);
      case 'close':
        return this.#closeSql(request.ending);
    }
  }

  #append(kind: FrameKind, payload: string, count: number) {
    const [log, side] = this.#both();
    const { sequence, position, frame } = log.append(kind, payload, count);
    const told = frame.toString('utf8', FRAME_HEADER);
    side.receive({ kind, sequence, position, count, payload: told });
    if (log.bytes >= this.#settings.checkpointBytes) this.#checkpoint(log, side);
    return { sequence, position, redoBytes: log.bytes };
  }

  /** Where it fails, the last image and its redo files stay in force. */
  #checkpoint(log: RedoLog, side: SqlSide): void {
    const held = log.bytes;
    try {
      log.rotate();
      const steps = side.checkpoint(log.generation);
      let step = steps.next();
      while (!step.done) step = steps.next();
      log.forget(held);
      this.#notice({ notice: 'checkpoint', imageBytes: step.value, redoBytes: log.bytes });
    } catch (error) {
      this.#notice({ notice: 'checkpoint-failed', error: toWire(error) });
    }
  }

  #both(): readonly [RedoLog, SqlSide] {
    if (this.#log === undefined || this.#side === undefined) throw notOpen();
    return [this.#log, this.#side];
  }

  #drained(): SqlSide {
    if (this.#side === undefined) throw notOpen();
    this.#side.drain();
    return this.#side;
  }

  #closeLog(): Ending | undefined {
    const log = this.#log;
    if (log === undefined) return undefined;
    log.close();
    this.#log = undefined;
    return { image: log.generation + 1 };
  }

  #closeSql(ending: Ending): void {
    const side = this.#side;
    if (side === undefined) return;
    this.#side = undefined;
    try {
      if ('image' in ending) for (const _ of side.checkpoint(ending.image));
    } finally {
      side.sql.close();
    }
  }

  drop(): void {
    this.#log = undefined;
    this.#side?.sql.close();
    this.#side = undefined;
  }
}

const notOpen = () => new PersistenceError('the store is not open');

let loaded: Promise<Sqlite> | undefined;

/** Loaded once for all stores of the process. */
function sqlite(): Promise<Sqlite> {
  loaded ??= loadSqlite();
  return loaded;
}

let empty: Buffer | undefined;

/** The image of a store that nothing was written to. */
function emptyImage(engine: Sqlite): Buffer {
  if (empty === undefined) {
    const disk = new SimulatedDisk();
    const paths = storePaths('/empty.db');
    recoverStore(disk, paths, engine).sql.close();
    empty = disk.files()[paths.image] as Buffer;
  }
  return empty;
}
