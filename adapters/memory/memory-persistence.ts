import { PersistenceError } from '../../services/errors.ts';
import type {
  BreakerRecord,
  CommitBatch,
  CommitReceipt,
  ListQuery,
  OperationRecord,
  OperationSummaryRecord,
  OperationWrite,
  Page,
  PruneQuery,
  RecoveryState,
  StatePersistence,
  StepRecord,
  StoreHealth,
  Transition,
  TransitionCount,
  TransitionQuery,
  TransitionWrite,
} from '../../services/ports.ts';
import { checkedLimit } from '../paging.ts';
import { TransitionCounts } from '../transition-counts.ts';
import {
  firstAfter,
  isFinished,
  matcher,
  oldestUpdateFirst,
  pageOf,
  summaryOf,
  withDescendants,
} from './queries.ts';

/** Transitions that are counted in one turn of the event loop. */
const COUNTED_AT_ONCE = 10_000;

/** A transition as it was handed in, with its place. `dropped` marks one whose operation has been pruned, or whose breaker has been forgotten. */
interface LoggedTransition {
  readonly position: number;
  readonly write: TransitionWrite;
  dropped: boolean;
}

/**
 * A store that lives as long as its instance: for tests, and for operations that need not outlive their process.
 *
 * A commit is a handful of `Map.set` and array pushes. Snapshots and reasons are kept by reference, which is safe because
 * statechart snapshots are never changed after they were taken; every read hands out a deep copy.
 */
export class MemoryPersistence implements StatePersistence {
  readonly #operations = new Map<string, OperationRecord>();
  readonly #steps = new Map<string, Map<string, StepRecord>>();
  readonly #operationLog = new Map<string, LoggedTransition[]>();
  readonly #breakerLog = new Map<string, LoggedTransition[]>();
  readonly #breakers = new Map<string, BreakerRecord>();
  /** Every transition by position. Removed ones stay, marked, until half of it is dead. */
  #log: LoggedTransition[] = [];
  #dropped = 0;
  #position = 0;
  readonly #counts = new TransitionCounts();
  /** The last position that is in the counts: a commit has no work with them. */
  #counted = 0;
  #phase: 'new' | 'open' | 'closed' = 'new';

  async open(): Promise<void> {
    if (this.#phase !== 'new') {
      throw new PersistenceError(`the memory store was opened before and is ${this.#phase}`);
    }
    this.#phase = 'open';
  }

  async commit(batch: CommitBatch): Promise<CommitReceipt> {
    this.#assertOpen();
    for (const write of batch.operations) this.#put(write);
    for (const { operationId, name } of batch.forgottenSteps ?? []) {
      this.#steps.get(operationId)?.delete(name);
    }
    for (const step of batch.steps) {
      const steps = this.#steps.get(step.operationId);
      if (steps) steps.set(step.name, { ...step });
      else this.#steps.set(step.operationId, new Map([[step.name, { ...step }]]));
    }
    for (const key of batch.forgottenBreakers ?? []) this.#forgetBreaker(key);
    const positions: number[] = [];
    for (const write of batch.transitions) {
      this.#position += 1;
      positions.push(this.#position);
      this.#append({ position: this.#position, write: { ...write }, dropped: false });
    }
    for (const breaker of batch.breakers) this.#breakers.set(breaker.key, { ...breaker });
    return { positions };
  }

  async find(id: string): Promise<OperationRecord | undefined> {
    this.#assertOpen();
    return structuredClone(this.#operations.get(id));
  }

  async unfinished(query: {
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<Page<OperationRecord>> {
    this.#assertOpen();
    const limit = checkedLimit(query.limit, 1000, 10_000);
    const rows = [...this.#operations.values()].filter(row => !isFinished(row.state));
    return structuredClone(pageOf(rows, limit, 'oldest', query.cursor));
  }

  async list(query: ListQuery): Promise<Page<OperationRecord>> {
    this.#assertOpen();
    return structuredClone(this.#page(query));
  }

  async summaries(query: ListQuery): Promise<Page<OperationSummaryRecord>> {
    this.#assertOpen();
    const { items, ...next } = this.#page(query);
    return { items: structuredClone(items.map(summaryOf)), ...next };
  }

  async counts(): Promise<Readonly<Record<RecoveryState, number>>> {
    this.#assertOpen();
    const counts: Record<RecoveryState, number> = {
      pending: 0,
      in_progress: 0,
      recovering: 0,
      success: 0,
      failed: 0,
      exhausted: 0,
    };
    for (const { state } of this.#operations.values()) counts[state] += 1;
    return counts;
  }

  async steps(operationId: string): Promise<readonly StepRecord[]> {
    this.#assertOpen();
    return structuredClone([...(this.#steps.get(operationId)?.values() ?? [])]);
  }

  async stepsOf(operationIds: readonly string[]): Promise<readonly StepRecord[]> {
    const steps = await Promise.all(operationIds.map(id => this.steps(id)));
    return steps.flat();
  }

  async transitions(query: TransitionQuery): Promise<readonly Transition[]> {
    this.#assertOpen();
    const limit = checkedLimit(query.limit, 1000, 10_000);
    const { operationId, breakerKey } = query;
    if (operationId !== undefined && breakerKey !== undefined) return [];
    let log: readonly LoggedTransition[] = this.#log;
    if (operationId !== undefined) log = this.#operationLog.get(operationId) ?? [];
    if (breakerKey !== undefined) log = this.#breakerLog.get(breakerKey) ?? [];
    const first = firstAfter(log, query.since ?? 0);
    const newest = query.order === 'newest';
    const found: Transition[] = [];
    for (let step = 0; step < log.length - first && found.length < limit; step++) {
      const entry = log[newest ? log.length - 1 - step : first + step];
      if (entry && !entry.dropped) found.push({ ...entry.write, position: entry.position });
    }
    return structuredClone(found);
  }

  async transitionCounts(): Promise<readonly TransitionCount[]> {
    this.#assertOpen();
    for (;;) {
      const first = firstAfter(this.#log, this.#counted);
      for (const entry of this.#log.slice(first, first + COUNTED_AT_ONCE)) {
        if (!entry.dropped) this.#count(entry, 1);
        this.#counted = entry.position;
      }
      if (first + COUNTED_AT_ONCE >= this.#log.length) {
        this.#counted = this.#position;
        return this.#counts.all();
      }
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  async breakers(): Promise<readonly BreakerRecord[]> {
    this.#assertOpen();
    return structuredClone([...this.#breakers.values()]);
  }

  async prune(query: PruneQuery): Promise<number> {
    this.#assertOpen();
    const limit = checkedLimit(query.limit, query.limit, Number.MAX_SAFE_INTEGER);
    const finished = [...this.#operations.values()]
      .filter(row => isFinished(row.state))
      .sort(oldestUpdateFirst);
    const surplus = finished.length - (query.maxRows ?? finished.length);
    const doomed = finished
      .filter(row => !this.#isNeeded(row))
      .filter((row, rank) => {
        const before = row.state === 'success' ? query.successBefore : query.failureBefore;
        return rank < surplus || (before !== undefined && row.updatedAt < before);
      })
      .slice(0, limit);
    const gone = withDescendants(doomed, finished);
    for (const id of gone) this.#remove(id);
    this.#compact();
    return gone.size;
  }

  health(): StoreHealth {
    const healthy = this.#phase !== 'closed';
    const problem = healthy ? {} : { problem: 'the store is closed' };
    return { healthy, ...problem, location: 'memory', warnings: [] };
  }

  async close(): Promise<void> {
    this.#phase = 'closed';
  }

  #page(query: ListQuery): Page<OperationRecord> {
    const limit = checkedLimit(query.limit, 50, 1000);
    const rows = [...this.#operations.values()].filter(matcher(query));
    return pageOf(rows, limit, query.order ?? 'newest', query.cursor);
  }

  #assertOpen(): void {
    if (this.#phase === 'open') return;
    const state = this.#phase === 'new' ? 'not open yet: call open() first' : 'closed';
    throw new PersistenceError(`the memory store is ${state}`);
  }

  #put(write: OperationWrite): void {
    const before = this.#operations.get(write.id);
    this.#operations.set(write.id, {
      id: write.id,
      name: write.name,
      state: write.state,
      attempt: write.attempt,
      seq: write.seq,
      args: write.args === undefined ? (before?.args ?? null) : write.args,
      result: write.result,
      error: write.error,
      metadata: write.metadata === undefined ? (before?.metadata ?? null) : write.metadata,
      snapshot: write.snapshot,
      version: write.version,
      breakerKey: write.breakerKey,
      parentId: write.parentId === undefined ? (before?.parentId ?? null) : write.parentId,
      dueAt: write.dueAt,
      owner: write.owner,
      epoch: write.epoch,
      createdAt: write.createdAt ?? before?.createdAt ?? write.updatedAt,
      updatedAt: write.updatedAt,
    });
  }

  /** Its parent is unfinished and may ask for its result again. */
  #isNeeded({ parentId }: OperationRecord): boolean {
    const parent = parentId === null ? undefined : this.#operations.get(parentId);
    return parent !== undefined && !isFinished(parent.state);
  }

  #append(entry: LoggedTransition): void {
    this.#log.push(entry);
    const { write } = entry;
    const byOwner = write.kind === 'operation' ? this.#operationLog : this.#breakerLog;
    const owner = write.kind === 'operation' ? write.operationId : write.key;
    const log = byOwner.get(owner);
    if (log) log.push(entry);
    else byOwner.set(owner, [entry]);
  }

  #remove(id: string): void {
    this.#operations.delete(id);
    this.#steps.delete(id);
    this.#dropLog(this.#operationLog, id);
  }

  #forgetBreaker(key: string): void {
    this.#breakers.delete(key);
    this.#dropLog(this.#breakerLog, key);
    this.#compact();
  }

  #dropLog(logs: Map<string, LoggedTransition[]>, owner: string): void {
    for (const entry of logs.get(owner) ?? []) {
      entry.dropped = true;
      if (entry.position <= this.#counted) this.#count(entry, -1);
      this.#dropped += 1;
    }
    logs.delete(owner);
  }

  #count({ write }: LoggedTransition, change: 1 | -1): void {
    this.#counts.add(write, write.reason?.kind ?? null, change);
  }

  #compact(): void {
    if (this.#dropped * 2 < this.#log.length) return;
    this.#log = this.#log.filter(entry => !entry.dropped);
    this.#dropped = 0;
  }
}
