import type { JsonError } from '../../machines/json-error.ts';
import type { ErrorCategory, Reason, RecoveryState } from '../../machines/vocabulary.ts';
import type { Transition } from './persistence.ts';

export type { JsonError } from '../../machines/json-error.ts';

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
  /** Attempts begun, in all its lives. */
  readonly attempt: number;
  /** Why it has ended. */
  readonly reason: Reason | null;
  /** The error that it has ended with; `null` for a success. */
  readonly error: JsonError | null;
  /** Milliseconds from its first failure or interruption to its success; undefined where it has not recovered. */
  readonly recoveryTime: number | undefined;
}

/** An operation, as those who trace it know it. */
export interface TraceableOperation {
  readonly operationId: string;
  readonly name: string;
  readonly breakerKey: string;
  /** Where its trace goes on: what `operationBegan` gave in this life or an earlier one; undefined where nobody has. */
  readonly trace: string | undefined;
}

/** An operation that comes to life in this process. */
export interface ObservedBeginning extends TraceableOperation {
  /** `created`: somebody has started it. `resumed`: it goes on where another process left it. `retried`: an operator starts it again after its end. */
  readonly how: 'created' | 'resumed' | 'retried';
  /** The operation within whose function it is started or retried; undefined outside of one, and for `resumed`. */
  readonly startedBy: string | undefined;
}

/** A call of a function for an operation. */
export interface ObservedCall extends TraceableOperation {
  readonly kind: 'attempt' | 'fallback' | 'undo';
  /** The attempt's number; of a fallback, the last one's; of an undo, which call of it this is. */
  readonly attempt: number;
}

/** How a call has ended, or a step of it. */
export type ObservedCallEnd =
  /** `hedged`: by the call that was begun later. */
  | { readonly kind: 'succeeded'; readonly hedged?: true }
  /** `category`: of an attempt that was classified. */
  | { readonly kind: 'failed'; readonly error: JsonError; readonly category?: ErrorCategory }
  /** `suspended`: the recovery closes, and it goes on in another life. `lost`: the other call of its attempt has succeeded first. */
  | { readonly kind: 'suspended' | 'cancelled' | 'lost' };

/** Follows one call, or a step or a hedge of it. */
export interface CallObserver {
  /**
   * Wraps the call of the function, so that what runs below it can be told from other work. Must call `call` once, before it returns; `call` never
   * throws and gives nothing. Where it does not call it, or throws, the function is called all the same.
   */
  wrap?(call: () => void): void;
  /**
   * The function of a step is called, which it is not where the step's result is known. Called where the step is, as seen by `AsyncLocalStorage`.
   * @returns what follows the step
   */
  stepBegan?(name: string): CallObserver | undefined;
  /**
   * The function is called a second time, since the first call takes long.
   * @returns what follows that call; it ends before the attempt does
   */
  hedgeBegan?(): CallObserver | undefined;
  /**
   * Comes once, and last. A call has ended when the operation goes on, though its function may still be at work then, and steps of it too; a step when
   * its result is durable.
   */
  ended?(end: ObservedCallEnd): void;
}

/**
 * Follows the inner work of a recovery, for metrics, logs and traces. Called in the midst of it, so a member must be quick; one that throws
 * is logged and holds nothing up. Nothing is measured or gathered while there is no observer.
 */
export interface RecoveryObserver {
  committed?(commit: ObservedCommit): void;
  /** The store refused a commit; it is tried again. */
  commitFailed?(error: Error): void;
  /**
   * An operation comes to life. Called before anything of it is durable, and where it is started, as seen by `AsyncLocalStorage`.
   * @returns where its trace goes on, at most 256 characters: kept with the operation from its next transition on, and told with each of its later
   * lives. It is given once: what an operation has already stays, and of several observers the first that gives something is heard.
   */
  operationBegan?(beginning: ObservedBeginning): string | undefined;
  /** The function of an operation is called. A hedge is no attempt of its own. */
  attemptBegan?(operationId: string, name: string, attempt: number): void;
  /**
   * The function of an operation, or its fallback, is about to be called.
   * @returns what follows the call
   */
  callBegan?(call: ObservedCall): CallObserver | undefined;
  /** Comes after the `committed` that holds its last transition. */
  ended?(end: ObservedEnd): void;
  /**
   * An operation lives here no longer, and has not ended. `closed`: it goes on in another life. `refused`: the store has refused its first commit, so that
   * it never was.
   */
  left?(operationId: string, why: 'closed' | 'refused'): void;
}
