import type { AttemptOutcome } from '../../machines/operation/types.ts';
import type { Limit } from '../../machines/vocabulary.ts';
import type { ShadowReport } from '../ports.ts';
import type { OperationRef, OperationSnapshot } from './operation-snapshot.ts';
import type { Policy } from './policy.ts';

/** How an attempt ended, beyond what its outcome says. */
export interface AttemptEnd {
  readonly outcome: AttemptOutcome;
  /** What the function threw; undefined after a success. */
  readonly thrown: unknown;
  /** The limit that it ran into. */
  readonly limit: Limit | undefined;
  /** Milliseconds that the call took. */
  readonly duration: number;
  /** Milliseconds from the call until it last showed that it got on. */
  readonly healthyFor: number;
}

/** What is seen of an operation. */
export interface WatchedOperation {
  readonly id: string;
  readonly name: string;
  readonly breakerKey: string;
  readonly policy: Policy;
  readonly createdAt: number;
  /** It goes on with what an earlier process began. */
  readonly restored: boolean;
  /** The same value without secrets of the operation. */
  scrubbed<T>(value: T): T;
  /** Set when the first transition is told of. */
  readonly actor: OperationRef;
}

/** Looks on at one operation and has no say in it. Its methods never throw. */
export interface Watcher {
  /** A transition was recorded. */
  observed(snapshot: OperationSnapshot): void;
  /** An attempt has ended; the chart has not decided yet. */
  attemptEnded(end: AttemptEnd): void;
  /** It never was: its first commit failed. */
  dropped(): void;
}

/** Looks on at the operations of a definition. */
export interface Shadower {
  /** Undefined where the shadow is too broken to look on. */
  watch(operation: WatchedOperation): Watcher | undefined;
  report(): ShadowReport;
  stop(): void;
}
