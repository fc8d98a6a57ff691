import type { BreakerState, Reason, RecoveryState } from '../../machines/vocabulary.ts';
import type { StoreHealth } from './health.ts';

/**
 * One row of `recovery_data`: the latest durable state of an operation.
 * All instants are epoch milliseconds of the recovery's clock.
 */
export interface OperationRecord {
  readonly id: string;
  /** Name of the definition. */
  readonly name: string;
  readonly state: RecoveryState;
  /** Attempts begun so far; 0 before the first. */
  readonly attempt: number;
  /** Number of the operation's last transition. */
  readonly seq: number;
  /** The input, as JSON text; `null` for an input that is `undefined`. */
  readonly args: string | null;
  /** The output, as JSON text; `null` while there is none, and for an output that is `undefined`. */
  readonly result: string | null;
  /** The error that ended the operation, or the last attempt's, as JSON text. */
  readonly error: string | null;
  /** What the caller attached, as JSON text. */
  readonly metadata: string | null;
  /** The machine's persisted snapshot: a JSON object. Implementations store it as JSON text. */
  readonly snapshot: unknown;
  /** Version of the definition that wrote the snapshot. */
  readonly version: number;
  readonly breakerKey: string;
  /** The operation whose child it is; `null` for one that is nobody's. */
  readonly parentId: string | null;
  /** When its next timer is due; `null` when it waits for none. */
  readonly dueAt: number | null;
  /** The process that runs it; `null` on stores with one process at a time. */
  readonly owner: string | null;
  /** Grows with each change of owner; 0 on stores with one process at a time. */
  readonly epoch: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An operation without what it is about, for long lists. */
export interface OperationSummaryRecord
  extends Pick<
    OperationRecord,
    | 'id'
    | 'name'
    | 'state'
    | 'attempt'
    | 'breakerKey'
    | 'parentId'
    | 'dueAt'
    | 'createdAt'
    | 'updatedAt'
  > {
  /** `value` of the snapshot; `null` where that has none. */
  readonly value: unknown;
  /** `message` of the error; `null` where that has none. */
  readonly errorMessage: string | null;
}

/**
 * A write of an operation. `args`, `metadata`, `parentId` and `createdAt` never change, so they are given at the first write only and
 * kept by the store when they are left out.
 */
export interface OperationWrite
  extends Omit<OperationRecord, 'args' | 'metadata' | 'parentId' | 'createdAt'> {
  readonly args?: string | null;
  readonly metadata?: string | null;
  readonly parentId?: string | null;
  readonly createdAt?: number;
}

/** One row of `recovery_steps`: a step that has succeeded. Key: operationId + name. */
export interface StepRecord {
  readonly operationId: string;
  readonly name: string;
  /** The step's result, as JSON text; `null` for `undefined`. */
  readonly result: string | null;
  /** The attempt of the operation that finished it. */
  readonly attempt: number;
  readonly at: number;
}

/** A step that shall not count as finished any more; a migration may ask for that. */
export interface ForgottenStep {
  readonly operationId: string;
  readonly name: string;
}

/** A transition of an operation. */
export interface OperationTransition {
  readonly kind: 'operation';
  /** Place in the whole store: grows with every transition, over restarts too. */
  readonly position: number;
  readonly operationId: string;
  readonly name: string;
  /** Number within the operation, from 1, without gaps. */
  readonly seq: number;
  /** `null` at the first. */
  readonly from: RecoveryState | null;
  readonly to: RecoveryState;
  /** The machine's event that caused it. */
  readonly event: string;
  readonly attempt: number;
  readonly reason: Reason | null;
  readonly at: number;
}

/** A transition of a breaker. */
export interface BreakerTransition {
  readonly kind: 'breaker';
  readonly position: number;
  readonly key: string;
  readonly seq: number;
  readonly from: BreakerState | null;
  readonly to: BreakerState;
  readonly event: string;
  readonly reason: Reason | null;
  readonly at: number;
}

export type Transition = OperationTransition | BreakerTransition;

/** A transition before the store has given it a position. */
export type TransitionWrite =
  | Omit<OperationTransition, 'position'>
  | Omit<BreakerTransition, 'position'>;

/** One row of `recovery_breakers`. Key: `key`. */
export interface BreakerRecord {
  readonly key: string;
  readonly state: BreakerState;
  readonly seq: number;
  /** The machine's persisted snapshot: a JSON object. */
  readonly snapshot: unknown;
  readonly updatedAt: number;
}

/** What one commit writes: all of it or nothing. */
export interface CommitBatch {
  /** At most one write for each operation. */
  readonly operations: readonly OperationWrite[];
  readonly steps: readonly StepRecord[];
  /** Removed before `steps` are written. */
  readonly forgottenSteps?: readonly ForgottenStep[];
  /** In the order in which they happened. */
  readonly transitions: readonly TransitionWrite[];
  readonly breakers: readonly BreakerRecord[];
  /** Keys of breakers that nobody uses any more: row and transitions are removed before those of this batch are written. */
  readonly forgottenBreakers?: readonly string[];
}

export interface CommitReceipt {
  /** The position of each of the batch's transitions, in their order, growing. */
  readonly positions: readonly number[];
}

export interface OperationFilter {
  /** Any number; those that there are not are left out. */
  readonly ids?: readonly string[];
  readonly states?: readonly RecoveryState[];
  readonly names?: readonly string[];
  readonly breakerKey?: string;
  /** The children of this operation. */
  readonly parentId?: string;
  /** Created at or after this instant (epoch ms). */
  readonly createdFrom?: number;
  /** Created before this instant (epoch ms). */
  readonly createdBefore?: number;
  /** Case-insensitive substring of the id, the name, the input or the error. `%` and `_` are ordinary characters. */
  readonly text?: string;
}

export interface ListQuery extends OperationFilter {
  /** Rows in a page, 1 to 1000. @default 50 */
  readonly limit?: number;
  /** `next` of the page before; opaque. A malformed one is a `ConfigError`. */
  readonly cursor?: string;
  /** By creation time, then id. @default 'newest' */
  readonly order?: 'newest' | 'oldest';
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of the next page; absent on the last. */
  readonly next?: string;
}

export interface TransitionQuery {
  readonly operationId?: string;
  readonly breakerKey?: string;
  /** Only positions greater than this. @default 0 */
  readonly since?: number;
  /** Which end of them comes first, and is all that comes where there are more than `limit`. @default 'oldest' */
  readonly order?: 'oldest' | 'newest';
  /** 1 to 10000. @default 1000 */
  readonly limit?: number;
}

/** How often an arrow was taken, as far as the store still knows its transitions. */
export interface TransitionCount {
  readonly kind: Transition['kind'];
  readonly from: Transition['from'];
  readonly to: Transition['to'];
  readonly event: string;
  /** `kind` of the reasons; `null` for transitions without one. */
  readonly reasonKind: string | null;
  /** At least 1. */
  readonly count: number;
}

export interface PruneQuery {
  /** Operations that succeeded with `updatedAt` before this instant may go. */
  readonly successBefore?: number;
  /** Failed and exhausted operations with `updatedAt` before this instant may go. */
  readonly failureBefore?: number;
  /** Finished operations beyond this many, oldest `updatedAt` first, may go. */
  readonly maxRows?: number;
  /** At most this many operations in one call, so that no call takes long. */
  readonly limit: number;
}

/**
 * Where operations live on. One recovery drives one instance.
 *
 * Promises that every implementation keeps, and `test/contract/persistence.ts` checks:
 * - `commit` resolves only when the whole batch would survive a crash (memory: the instance's life), and is atomic.
 * - Commits take effect in call order; a read sees every commit that was acknowledged before it was called.
 * - What is read is the caller's own copy; what was passed to `commit` is not kept by reference where that could be seen.
 * - Each failure is a `PersistenceError`. After a failed commit none of that batch is visible, and the next call tries anew.
 */
export interface StatePersistence {
  /**
   * Opens the store, once, before anything else.
   * @throws PersistenceError when it is locked by another process, damaged, of a newer version, or not a store.
   */
  open(): Promise<void>;

  /** Writes a batch durably. The caller has at most one commit under way. */
  commit(batch: CommitBatch): Promise<CommitReceipt>;

  /** One operation, or undefined. */
  find(id: string): Promise<OperationRecord | undefined>;

  /** The operations in pending, in_progress and recovering, oldest first, by pages. `limit` 1 to 10000. */
  unfinished(query: {
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<Page<OperationRecord>>;

  /** Operations by filter, by pages; stable while rows are added. */
  list(query: ListQuery): Promise<Page<OperationRecord>>;

  /** The same operations as `list` in the same pages, with so much of them as a list shows. Cheaper: what is left out is not read. */
  summaries(query: ListQuery): Promise<Page<OperationSummaryRecord>>;

  /** Operations in each state; states without any are 0. */
  counts(): Promise<Readonly<Record<RecoveryState, number>>>;

  /** The finished steps of an operation, in the order in which they finished. */
  steps(operationId: string): Promise<readonly StepRecord[]>;

  /** The finished steps of several operations (at most 1000), each operation's in the order in which they finished. */
  stepsOf(operationIds: readonly string[]): Promise<readonly StepRecord[]>;

  /** Transitions by position. */
  transitions(query: TransitionQuery): Promise<readonly Transition[]>;

  /**
   * How often each kind of transition was made, in no particular order. The first call looks at all of them, in parts between which other
   * calls have their turn; later ones at what has come since, until something is removed. What is committed or removed meanwhile may be
   * counted or not.
   */
  transitionCounts(): Promise<readonly TransitionCount[]>;

  /** Every breaker. */
  breakers(): Promise<readonly BreakerRecord[]>;

  /**
   * Removes finished operations with their steps and transitions, durably; resolves to how many. A child stays while its parent is unfinished, and goes with its
   * parent once it has finished itself; such children count beyond `limit`. Positions are not used again.
   */
  prune(query: PruneQuery): Promise<number>;

  /** How it is; never throws, and answers while a commit is stuck. */
  health(): StoreHealth;

  /** Writes out what is buffered and lets go of every resource. Idempotent. */
  close(): Promise<void>;
}
