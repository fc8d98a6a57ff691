import type { JsonError } from '../json-error.ts';
import type { PermitDenied, PermitGranted, PermitReturn } from '../permit.ts';
import type { ErrorCategory, Limit, Reason } from '../vocabulary.ts';

/** The limits that an operation began with; they stay, whatever becomes of the configuration. What does not apply is left out. */
export interface OperationPolicy {
  readonly maxRetries: number;
  readonly maxInterruptions: number;
  readonly whenOpen: 'fail' | 'wait';
  /** Instant by which it must have ended; `null` for none. */
  readonly deadline: number | null;
  /** An integer of 32 bits, drawn once: every random number of its delays follows from it and the number of the retry. */
  readonly seed: number;
  /** Retries of the categories that have a limit of their own; all others share `maxRetries`. */
  readonly byCategory?: Partial<Record<ErrorCategory, number>>;
  /** What it holds alone from its start to its end. */
  readonly lock?: string;
  /** A retry that is due waits for a slot first. */
  readonly limited?: true;
  /** Where it would fail or be exhausted, its fallback is called. */
  readonly fallback?: true;
  /** Retries of each undo. */
  readonly undoRetries?: number;
  readonly budget?: OperationBudget;
}

export interface OperationBudget {
  /** `fail`: a retry is paid for when the attempt has failed. `wait`: when it is due, and it waits until it can be. */
  readonly whenEmpty: 'fail' | 'wait';
  /** Tokens that a success gives back when no retry of the operation was paid for. */
  readonly refund: number;
}

/** The last recorded transition. */
export interface LastTransition {
  /** Its number, from 1. */
  readonly seq: number;
  readonly event: string;
  readonly at: number;
  readonly reason: Reason | null;
}

/** What an operation actor is created with. */
export interface OperationInput {
  readonly operationId: string;
  readonly name: string;
  readonly policy: OperationPolicy;
  /** Epoch milliseconds. */
  readonly at: number;
  /** For a retry by an operator: where the history stands. */
  readonly previous?: {
    readonly attempt: number;
    readonly seq: number;
    readonly reason: Reason;
    /** See `OperationContext.undone`. */
    readonly undone?: number;
  };
  readonly trace?: string;
}

/** What an operation has spent since its start or the last operator's retry. */
export interface Counts {
  /** Retries of all categories. */
  readonly retries: number;
  readonly interruptions: number;
  /** Retries since the backoff began, or began anew; those of categories with a limit of their own are not among them. */
  readonly streak: number;
  /** The categories that have a limit of their own. */
  readonly byCategory?: Partial<Record<ErrorCategory, CategoryCounts>>;
}

export interface CategoryCounts {
  readonly retries: number;
  readonly streak: number;
}

/** The current wait, or the last one. */
export interface Wait {
  /** When it ends. */
  readonly dueAt: number | null;
  /** What was left of it when it was paused. */
  readonly remaining: number | null;
  /** The delay before the current attempt, and the random number that it was drawn with. */
  readonly delay: number | null;
  readonly draw: number | null;
  /** The category that the delay was for, where that has a limit of its own. */
  readonly category?: ErrorCategory;
  /** Tokens of the retry budget that the coming attempt still has to pay. */
  readonly owed?: number;
  /** Tokens that the last retry which was paid for has cost. */
  readonly paid?: number;
}

/** A permit of the breaker. */
export interface HeldPermit {
  readonly generation: number;
}

/** How the last attempt counts for the breaker. */
export type Outcome = Pick<PermitReturn, 'outcome' | 'duration' | 'retryAfter' | 'refund'>;

/** The end that a fallback stands in for, or that comes when all is taken back. */
export interface Ending {
  readonly state: 'failed' | 'exhausted';
  readonly reason: Reason;
  /** It has come before it had its lock, so it has none. */
  readonly withoutLock?: true;
}

/** Something to be taken back if the operation ends badly. */
export interface Undo {
  /** The function that the definition has for it. */
  readonly name: string;
  /** What that is given, as JSON text; `null` for nothing. */
  readonly input: string | null;
}

export interface FailedUndo {
  readonly name: string;
  /** Name and message of what it has thrown last. */
  readonly error: string;
  readonly message: string;
}

export interface Undos {
  /** In the order in which they were registered: the last one is next. */
  readonly left: readonly Undo[];
  /** Calls of the next one that have failed, and those during which its process died. */
  readonly failures: number;
  readonly interruptions: number;
  /** How many have succeeded. */
  readonly done: number;
  /** Those that were given up. */
  readonly failed: readonly FailedUndo[];
}

/**
 * What does not change together is grouped: V8 copies an object of up to 16 properties four times as fast as one of 20, and every
 * arrow copies the context.
 */
export interface OperationContext {
  /** Version of this shape; see services/runtime/operation-migrations.ts. */
  readonly v: 3;
  readonly operationId: string;
  readonly name: string;
  readonly policy: OperationPolicy;
  /** Attempts begun. */
  readonly attempt: number;
  readonly counts: Counts;
  /** `null` when none is held. */
  readonly held: HeldPermit | null;
  readonly wait: Wait;
  /** When the first trouble came, for the time to recovery. */
  readonly troubledAt: number | null;
  readonly outcome: Outcome;
  /** Set once its fallback or its undos are to be called. */
  readonly ending: Ending | null;
  /** What was registered to be taken back; `null` while nothing was. */
  readonly undos: Undos | null;
  /** The last attempt's error. */
  readonly error: JsonError | null;
  readonly last: LastTransition;
  /** Where its trace goes on in its next life, in the words of whoever traces it; left out where nobody does. */
  readonly trace?: string;
  /** Lives of it that have ended with undos; left out for none. What those lives have done in steps and children was taken back. */
  readonly undone?: number;
}

/** What the attempt makes of a failure. Clock and randomness are its, the decision is the chart's. */
export interface Verdict {
  readonly category: ErrorCategory;
  readonly rule: string;
  readonly retryable: boolean;
  /** Whether the breaker counts it. */
  readonly counts: boolean;
  readonly strategy: string;
  readonly delay: number;
  readonly draw?: number;
  readonly dueAt: number;
  /** A limit that forbids the retry. */
  readonly limit?: Limit;
  /** Milliseconds that the server asked to be left alone. */
  readonly retryAfter?: number;
  /** The backoff begins anew, after healthy progress. */
  readonly anew?: true;
  /** Tokens of the retry budget that the retry costs. */
  readonly cost?: number;
  /** Instead of the category, why there is no retry: the policy itself is broken. */
  readonly problem?: string;
}

interface Ended {
  readonly at: number;
  /** Milliseconds that the call took, where the breaker counts slow ones. */
  readonly duration?: number;
}

/** How an attempt ended. */
export type AttemptOutcome =
  /** `hedged`: by the call that was begun later. */
  | ({ readonly kind: 'succeeded'; readonly hedged?: true } & Ended)
  | ({ readonly kind: 'failed'; readonly error: JsonError; readonly verdict: Verdict } & Ended)
  /** Its process died. */
  | { readonly kind: 'interrupted'; readonly at: number }
  /** Its process was told to stop, and it stopped. */
  | { readonly kind: 'suspended'; readonly at: number };

/** How a fallback ended. */
export type FallbackOutcome =
  | { readonly kind: 'succeeded'; readonly at: number }
  | { readonly kind: 'failed'; readonly at: number; readonly error: JsonError }
  | { readonly kind: 'interrupted'; readonly at: number }
  | { readonly kind: 'suspended'; readonly at: number };

/** How a call of an undo ended. */
export type UndoOutcome =
  | { readonly kind: 'succeeded'; readonly at: number }
  | {
      readonly kind: 'failed';
      readonly at: number;
      readonly error: JsonError;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'interrupted'; readonly at: number }
  | { readonly kind: 'suspended'; readonly at: number };

export interface AttemptInput {
  readonly operationId: string;
  readonly attempt: number;
}

export interface TimerInput {
  /** Epoch milliseconds; `null` never comes. */
  readonly dueAt: number | null;
  /** Comes back in the output. */
  readonly tag?: string;
}
export interface TimerOutput {
  readonly at: number;
  readonly tag?: string;
}

export interface GateInput {
  readonly operationId: string;
  /** When it is worth asking again; `null` when that will be announced. */
  readonly retryAt: number | null;
  /** Tokens of the retry budget that it waits for; without, it waits for a permit. */
  readonly cost?: number;
  readonly deadline: number | null;
}
export interface GateOutput {
  readonly kind: 'released' | 'expired';
  readonly at: number;
}

export interface SlotInput {
  readonly operationId: string;
  readonly deadline: number | null;
}
/** `released`: it has a slot. */
export type SlotOutput = GateOutput;

export type OperationEvent =
  | { readonly type: 'start'; readonly at: number }
  /** It waits for its start, and its deadline has come; told by whoever keeps it waiting for its lock, it has not had that. */
  | { readonly type: 'expire'; readonly at: number; readonly withoutLock?: true }
  /** Another operation has the lock that it needs. */
  | { readonly type: 'lock.wait'; readonly at: number; readonly holder: string }
  | { readonly type: 'lock.granted'; readonly at: number }
  /** The function is about to do something that would have to be taken back. Not recorded. */
  | ({ readonly type: 'undo.registered' } & Undo)
  | { readonly type: 'pause'; readonly at: number; readonly by?: string }
  | { readonly type: 'resume'; readonly at: number; readonly by?: string }
  | {
      readonly type: 'cancel';
      readonly at: number;
      readonly reason?: string | undefined;
      readonly by?: string;
    }
  | PermitGranted
  | PermitDenied;

/** Goes to the parent with `xstate.done.actor.<id>`. */
export interface OperationOutput {
  /** The permit, where one was still held. */
  readonly permit: PermitReturn | null;
}
