import type { RecoveryState } from '../../machines/vocabulary.ts';
import type { Transition } from './persistence.ts';

/** What an operation that lives in this process is known by, beside its transitions. */
export interface ObservedOperation {
  /** When it was created (epoch ms). */
  readonly createdAt: number;
  /** First attempt and every retry that its policy allows; interruptions and an operator's retry come on top. */
  readonly maxAttempts: number;
}

/** A commit that has become durable. */
export interface ObservedCommit {
  /** Milliseconds that the store took for it; undefined where nobody followed yet when it began. */
  readonly duration: number | undefined;
  /** The instant (epoch ms) at which it was known to be durable. */
  readonly at: number;
  /** Rows of operations in it. */
  readonly operations: number;
  /** Finished steps in it. */
  readonly steps: number;
  /** Each durable transition once, in the order of their positions. */
  readonly transitions: readonly Transition[];
  /** An operation of its transitions, while that lives here; call it before `committed` returns. */
  operation(id: string): ObservedOperation | undefined;
}

/** An operation whose final state is durable. */
export interface ObservedEnd {
  readonly operationId: string;
  readonly name: string;
  readonly state: RecoveryState;
  /** Milliseconds from its first failure or interruption to its success; undefined where it has not recovered. */
  readonly recoveryTime: number | undefined;
}

/**
 * Follows the inner work of a recovery, for metrics and logs. Called in the midst of it, so a member must be quick; one that throws
 * is logged and holds nothing up. Nothing is measured or gathered while there is no observer.
 */
export interface RecoveryObserver {
  committed?(commit: ObservedCommit): void;
  /** The store refused a commit; it is tried again. */
  commitFailed?(error: Error): void;
  /** The function of an operation is called. A hedge is no attempt of its own. */
  attemptBegan?(operationId: string, name: string, attempt: number): void;
  /** Comes after the `committed` that holds its last transition. */
  ended?(end: ObservedEnd): void;
}
