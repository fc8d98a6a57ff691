import { resolve } from 'node:path';
import { PersistenceError } from '../../services/errors.ts';
import type {
  BreakerRecord,
  CommitBatch,
  CommitReceipt,
  ListQuery,
  OperationRecord,
  OperationSummaryRecord,
  Page,
  PruneQuery,
  RecoveryState,
  StatePersistence,
  StepRecord,
  StoreHealth,
  Transition,
  TransitionCount,
  TransitionQuery,
} from '../../services/ports.ts';
import { checkedLimit, decodeCursor, encodeCursor } from '../paging.ts';
import { encodeBatch } from './batch.ts';
import { CountedTransitions } from './count-transitions.ts';
import type { StoreLock } from './lock.ts';
import { type Durable, type Ending, fromWire, type LogRequest, type Opened } from './messages.ts';
import { resolveOptions, type SqlJsPersistenceOptions } from './options.ts';
import { storePaths } from './paths.ts';
import {
  arrowsQuery,
  breakersQuery,
  type CheckedList,
  countsQuery,
  findQuery,
  type JsonQuery,
  listQuery,
  stepsQuery,
  summariesQuery,
  transitionsQuery,
  unfinishedQuery,
} from './queries.ts';
import { type Side, type Sides, type StoreHost, threadedHost } from './store-host.ts';
import type { Notice } from './thread.ts';

/**
 * Operations in one SQLite file, without a native module: sql.js in one worker thread, and in another a redo log that makes each commit durable
 * before it is acknowledged. docs/storage.md tells how, and why a crash at any instant loses and repeats nothing.
 *
 * After a failed commit, none of it is visible in this process, and the next commit tries anew. Should the process end before that, the
 * batch may be found, whole, on the next opening.
 */
export class SqlJsPersistence implements StatePersistence {
  readonly #options: Required<SqlJsPersistenceOptions>;
  readonly #host: StoreHost;
  #path: string;
  #phase: 'new' | 'opening' | 'open' | 'closed' = 'new';
  #threads: Sides | undefined;
  #lock: StoreLock | undefined;
  #closing: Promise<void> | undefined;
  /** The last frame that was acknowledged: what a read has to see. */
  #sequence = 0;
  #bytes = { image: 0, redo: 0 };
  #warnings: readonly string[] = [];
  /** Why the last commit failed, until one succeeds. */
  #failure: PersistenceError | undefined;
  #checkpointFailure: PersistenceError | undefined;
  readonly #counted = new CountedTransitions();
  /** What ended the threads. */
  #broken: PersistenceError | undefined;

  /**
   * @param host where it lives; the testing kit brings one of its own
   * @throws ConfigError naming every option that can't be used
   */
  constructor(options: SqlJsPersistenceOptions, host: StoreHost = threadedHost) {
    this.#host = host;
    this.#options = resolveOptions(options);
    this.#path = resolve(this.#options.path);
  }

  async open(): Promise<void> {
    if (this.#phase !== 'new') {
      throw new PersistenceError(`the store ${this.#path} was opened before and is ${this.#phase}`);
    }
    this.#phase = 'opening';
    try {
      this.#path = this.#host.settle(this.#path);
      this.#lock = await this.#host.lock(storePaths(this.#path).lock);
      this.#threads = this.#host.start(
        { ...this.#options, path: this.#path },
        notice => this.#notice(notice),
        error => this.#breakDown(error),
      );
      const { log, sql } = this.#threads;
      const opened = (await sql.call({ type: 'open' })) as Opened;
      const { start, imageBytes } = opened;
      await log.call({ type: 'start', start, imageBytes });
      this.#sequence = start.nextSequence - 1;
      this.#bytes = { image: imageBytes, redo: start.bytes };
      this.#warnings = opened.warnings;
      this.#phase = 'open';
    } catch (error) {
      this.#phase = 'closed';
      await this.#letGo();
      throw error;
    }
  }

  async commit(batch: CommitBatch): Promise<CommitReceipt> {
    const { log } = this.#open();
    const count = batch.transitions.length;
    const forgets = (batch.forgottenBreakers ?? []).length > 0;
    const { position } = await this.#append(log, 'commit', encodeBatch(batch), count);
    if (forgets) this.#counted.forget();
    return { positions: Array.from({ length: count }, (_, index) => position + index) };
  }

  async find(id: string): Promise<OperationRecord | undefined> {
    return (await this.#rows<OperationRecord>(findQuery(id)))[0];
  }

  async unfinished(query: {
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<Page<OperationRecord>> {
    return this.#page(checkedList(query, 1000, 10_000), unfinishedQuery);
  }

  async list(query: ListQuery): Promise<Page<OperationRecord>> {
    return this.#page(checkedList(query, 50, 1000), listQuery);
  }

  async summaries(query: ListQuery): Promise<Page<OperationSummaryRecord>> {
    return this.#page(checkedList(query, 50, 1000), summariesQuery);
  }

  async counts(): Promise<Readonly<Record<RecoveryState, number>>> {
    const rows = await this.#rows<[RecoveryState, number]>(countsQuery());
    const none = { pending: 0, in_progress: 0, recovering: 0, success: 0, failed: 0, exhausted: 0 };
    return { ...none, ...Object.fromEntries(rows) };
  }

  async steps(operationId: string): Promise<readonly StepRecord[]> {
    return this.stepsOf([operationId]);
  }

  async stepsOf(operationIds: readonly string[]): Promise<readonly StepRecord[]> {
    return this.#rows<StepRecord>(stepsQuery(operationIds));
  }

  async transitions(query: TransitionQuery): Promise<readonly Transition[]> {
    const limit = checkedLimit(query.limit, 1000, 10_000);
    return this.#rows<Transition>(transitionsQuery({ ...query, limit }));
  }

  transitionCounts(): Promise<readonly TransitionCount[]> {
    return this.#counted.upToDate((since, limit) => this.#rows(arrowsQuery(since, limit)));
  }

  async breakers(): Promise<readonly BreakerRecord[]> {
    return this.#rows<BreakerRecord>(breakersQuery());
  }

  async prune(query: PruneQuery): Promise<number> {
    const { log, sql } = this.#open();
    checkedLimit(query.limit, query.limit, Number.MAX_SAFE_INTEGER);
    const { sequence } = await this.#append(log, 'prune', JSON.stringify(query), 0);
    const pruned = (await sql.call({ type: 'pruned', after: sequence })) as number;
    if (pruned > 0) this.#counted.forget();
    return pruned;
  }

  health(): StoreHealth {
    const checkpoint = this.#checkpointFailure;
    const problem =
      this.#broken?.message ??
      this.#failure?.message ??
      (this.#phase === 'open' ? checkpoint?.message : `the store is ${this.#phase}`);
    return {
      healthy: this.#phase === 'open' && !this.#broken && !this.#failure,
      ...(problem === undefined ? {} : { problem }),
      location: this.#path,
      bytes: this.#bytes.image + this.#bytes.redo,
      warnings: this.#warnings,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const open = this.#phase === 'open';
    this.#phase = 'closed';
    if (open && this.#threads && !this.#broken) {
      const { log, sql } = this.#threads;
      try {
        const ending = (await log.call({ type: 'close' })) as Ending;
        await sql.call({ type: 'close', ending });
      } catch (error) {
        // every acknowledged commit is in the redo, and the next opening finds it there
        this.#checkpointFailure = error as PersistenceError;
      }
    }
    await this.#letGo();
  }

  #open(): Sides {
    if (this.#broken) throw this.#broken;
    if (this.#phase === 'open' && this.#threads) return this.#threads;
    const state = this.#phase === 'new' ? 'not open yet: call open() first' : this.#phase;
    throw new PersistenceError(`the store ${this.#path} is ${state}`);
  }

  async #append(
    log: Side<LogRequest>,
    type: 'commit' | 'prune',
    payload: string,
    count: number,
  ): Promise<Durable> {
    try {
      const durable = (await log.call({ type, payload, count })) as Durable;
      this.#failure = undefined;
      this.#sequence = durable.sequence;
      this.#bytes.redo = durable.redoBytes;
      return durable;
    } catch (error) {
      this.#failure = error as PersistenceError;
      throw error;
    }
  }

  async #rows<T>(query: JsonQuery): Promise<T[]> {
    const { sql } = this.#open();
    const request = { type: 'rows', ...query, after: this.#sequence } as const;
    return JSON.parse((await sql.call(request)) as string) as T[];
  }

  async #page<Row extends OperationSummaryRecord | OperationRecord>(
    list: CheckedList,
    query: (list: CheckedList) => JsonQuery,
  ): Promise<Page<Row>> {
    const rows = await this.#rows<Row>(query(list));
    const items = rows.slice(0, list.limit);
    const last = items.at(-1);
    return last && rows.length > list.limit
      ? { items, next: encodeCursor({ at: last.createdAt, id: last.id }) }
      : { items };
  }

  #notice(notice: Notice): void {
    if (notice.notice === 'checkpoint') {
      this.#bytes = { image: notice.imageBytes, redo: notice.redoBytes };
      this.#checkpointFailure = undefined;
    } else if (notice.notice === 'checkpoint-failed') {
      this.#checkpointFailure = fromWire(notice.error);
    } else {
      this.#breakDown(fromWire(notice.error));
    }
  }

  /** One of the threads is gone, so the other is of no use. The lock stays until `close`. */
  #breakDown(error: PersistenceError): void {
    this.#broken ??= error;
    const threads = this.#threads;
    if (!threads) return;
    void threads.log.end(error);
    void threads.sql.end(error);
  }

  async #letGo(): Promise<void> {
    const error = this.#broken ?? new PersistenceError(`the store ${this.#path} is closed`);
    const threads = this.#threads;
    this.#threads = undefined;
    await Promise.all([threads?.log.end(error), threads?.sql.end(error)]);
    await this.#lock?.release();
    this.#lock = undefined;
  }
}

function checkedList(query: ListQuery, byDefault: number, most: number): CheckedList {
  const { cursor, limit, ...rest } = query;
  return {
    ...rest,
    limit: checkedLimit(limit, byDefault, most),
    ...(cursor === undefined ? {} : { after: decodeCursor(cursor) }),
  };
}
