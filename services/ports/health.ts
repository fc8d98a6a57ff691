import type { BreakerView } from './breakers.ts';

/** How the store is. */
export interface StoreHealth {
  readonly healthy: boolean;
  /** Why not. */
  readonly problem?: string;
  /** Where it keeps its data, for people. */
  readonly location: string;
  /** Bytes on disk, where it is on a disk. */
  readonly bytes?: number;
  /** Things that were mended on opening, such as a torn tail that was cut off. */
  readonly warnings: readonly string[];
}

export interface QuarantinedOperation {
  readonly id: string;
  readonly name: string;
  readonly why: string;
}

/** Operations of a definition, or of all of them. */
export interface SlotCounts {
  readonly running: number;
  /** They wait for their first slot. */
  readonly pending: number;
  /** Their retries are due and wait for a slot. */
  readonly retrying: number;
}

/** Who is in progress, and who waits for it. */
export interface SlotHealth extends SlotCounts {
  /** The limit of the whole recovery; `null` for none. */
  readonly concurrency: number | null;
  /** The definitions that have something waiting, by name; the 100 longest queues at most. */
  readonly definitions: Readonly<Record<string, SlotCounts>>;
}

/** Who has locks, and who waits for them. */
export interface LockHealth {
  /** Locks that an operation has. */
  readonly held: number;
  /** Operations that wait for theirs. */
  readonly waiting: number;
  /** The 100 with the longest queues at most; `holder` is an operation's id, `null` while the store is being read. */
  readonly keys: Readonly<
    Record<string, { readonly holder: string | null; readonly waiting: number }>
  >;
}

export interface RecoveryHealth {
  readonly healthy: boolean;
  readonly persistence: StoreHealth;
  /** Operations that live in this process. */
  readonly active: number;
  /** Operations whose stored form does not fit; kept, not run. */
  readonly quarantined: readonly QuarantinedOperation[];
  /** Unfinished operations whose name no definition has yet: name to count. */
  readonly undefinedOperations: Readonly<Record<string, number>>;
  readonly slots: SlotHealth;
  readonly locks: LockHealth;
  /** At most 100: those that are not closed first. `recovery.breakers()` has all. */
  readonly breakers: readonly BreakerView[];
}

export interface RecoveryMetrics {
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly exhausted: number;
  /** Succeeded after at least one retry or interruption. */
  readonly recovered: number;
  readonly attempts: number;
  readonly retries: number;
  readonly interruptions: number;
  /** Undos that have succeeded, and that were given up. */
  readonly undos: number;
  readonly failedUndos: number;
  readonly commits: number;
  /** Times that a breaker opened. */
  readonly breakerTrips: number;
  /** Times that one in `metrics_only` would have opened. */
  readonly breakerWouldTrips: number;
  /** Mean milliseconds from the first failure to success, of the recovered. */
  readonly averageRecoveryTime: number;
}
