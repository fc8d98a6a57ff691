import { checkedLimit, decodeCursor, encodeCursor } from '../../../adapters/paging.ts';
import { CountedTransitions } from '../../../adapters/sqljs/count-transitions.ts';
import {
  arrowsQuery,
  breakersQuery,
  type CheckedList,
  countsQuery,
  findQuery,
  type JsonQuery,
  jsonOf,
  listQuery,
  stepsQuery,
  summariesQuery,
  transitionsQuery,
  unfinishedQuery,
} from '../../../adapters/sqljs/queries.ts';
import { PersistenceError } from '../../../services/errors.ts';
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
} from '../../../services/ports.ts';
import type { Engine } from '../../adapters/sqljs/support/engine.ts';

/** Bytes of redo after which an image is written: few, so that a walk sees many. */
const CHECKPOINT_BYTES = 24 * 1024;

/** The engine of the sql.js store behind the port of stores, without its threads: log and database are driven from here, in turns. */
export class EngineStore implements StatePersistence {
  readonly #engine: Engine;
  readonly #counted = new CountedTransitions();
  #image: { readonly steps: Generator<void, number, void>; readonly held: number } | undefined;
  #due = CHECKPOINT_BYTES;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async open(): Promise<void> {}

  async commit(batch: CommitBatch): Promise<CommitReceipt> {
    const position = this.#engine.write({ batch });
    this.goOnWithImage();
    if ((batch.forgottenBreakers ?? []).length > 0) this.#counted.forget();
    return { positions: batch.transitions.map((_, index) => position + index) };
  }

  /** One step of an image that is under way, or the first of one that is due. A disk that fails fails the image, not the commit before it. */
  goOnWithImage(): void {
    const { log } = this.#engine;
    try {
      if (this.#image === undefined) {
        if (log.bytes < this.#due) return;
        this.#image = { held: log.bytes, steps: this.#engine.checkpoint() };
      }
      const { steps, held } = this.#image;
      if (!steps.next().done) return;
      log.forget(held);
      this.#due = CHECKPOINT_BYTES;
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      this.#due = log.bytes + CHECKPOINT_BYTES;
    }
    this.#image = undefined;
  }

  async find(id: string): Promise<OperationRecord | undefined> {
    return this.#rows<OperationRecord>(findQuery(id))[0];
  }

  async unfinished(query: { readonly limit: number; readonly cursor?: string }) {
    return this.#page<OperationRecord>(checked(query, 1000, 10_000), unfinishedQuery);
  }

  async list(query: ListQuery) {
    return this.#page<OperationRecord>(checked(query, 50, 1000), listQuery);
  }

  async summaries(query: ListQuery) {
    return this.#page<OperationSummaryRecord>(checked(query, 50, 1000), summariesQuery);
  }

  async counts(): Promise<Readonly<Record<RecoveryState, number>>> {
    const none = { pending: 0, in_progress: 0, recovering: 0, success: 0, failed: 0, exhausted: 0 };
    return { ...none, ...Object.fromEntries(this.#rows<[RecoveryState, number]>(countsQuery())) };
  }

  async steps(operationId: string) {
    return this.#rows<StepRecord>(stepsQuery([operationId]));
  }

  async stepsOf(operationIds: readonly string[]) {
    return this.#rows<StepRecord>(stepsQuery(operationIds));
  }

  async transitions(query: TransitionQuery): Promise<readonly Transition[]> {
    const limit = checkedLimit(query.limit, 1000, 10_000);
    return this.#rows<Transition>(transitionsQuery({ ...query, limit }));
  }

  transitionCounts(): Promise<readonly TransitionCount[]> {
    return this.#counted.upToDate(async (since, limit) => this.#rows(arrowsQuery(since, limit)));
  }

  async breakers() {
    return this.#rows<BreakerRecord>(breakersQuery());
  }

  async prune(query: PruneQuery): Promise<number> {
    this.#engine.write({ prune: query });
    this.#counted.forget();
    this.#engine.side.drain();
    return this.#engine.side.sql.pruned(this.#engine.side.received);
  }

  health(): StoreHealth {
    return { healthy: true, location: 'simulated disk', warnings: this.#engine.warnings };
  }

  /** Writes the image, where the disk lets it. */
  async close(): Promise<void> {
    try {
      this.#engine.close();
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      this.#engine.drop();
    }
  }

  #rows<T>({ sql, values }: JsonQuery): T[] {
    const { side } = this.#engine;
    side.drain();
    return JSON.parse(jsonOf(side.sql.rows(sql, values))) as T[];
  }

  #page<Row extends OperationSummaryRecord | OperationRecord>(
    list: CheckedList,
    query: (list: CheckedList) => JsonQuery,
  ): Page<Row> {
    const rows = this.#rows<Row>(query(list));
    const items = rows.slice(0, list.limit);
    const last = items.at(-1);
    return last && rows.length > list.limit
      ? { items, next: encodeCursor({ at: last.createdAt, id: last.id }) }
      : { items };
  }
}

function checked(query: ListQuery, byDefault: number, most: number): CheckedList {
  const { cursor, limit, ...rest } = query;
  return {
    ...rest,
    limit: checkedLimit(limit, byDefault, most),
    ...(cursor === undefined ? {} : { after: decodeCursor(cursor) }),
  };
}
