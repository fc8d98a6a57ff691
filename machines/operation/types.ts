import type { JsonError } from '../json-error.ts';
import type { OutcomeKind, PermitDenied, PermitGranted, PermitReturn } from '../permit.ts';
import type { ErrorCategory, Limit, Reason } from '../vocabulary.ts';

/** The limits that an operation began with; they stay, whatever becomes of the configuration. */
export interface OperationPolicy {
  readonly maxRetries: number;
  readonly maxInterruptions: number;
  readonly whenOpen: 'fail' | 'wait';
  /** Instant by which it must have ended; `null` for none. */
  readonly deadline: number | null;
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
  readonly previous?: { readonly attempt: number; readonly seq: number; readonly reason: Reason };
}

/**
 * What does not change together is grouped: V8 copies an object of up to 16 properties four times as fast as one of 20, and every
 * arrow copies the context.
 */
export interface OperationContext {
  /** Version of this shape; see services/runtime/migrations.ts. */
  readonly v: 1;
  readonly operationId: string;
  readonly name: string;
  readonly policy: OperationPolicy;
  /** Attempts begun. */
  readonly attempt: number;
  /** Retries spent since the start or the last operator's retry. */
  readonly retries: number;
  readonly interruptions: number;
  /** Generation of the permit that is held; `null` when none is. */
  readonly generation: number | null;
  /** When the current wait ends. */
  readonly dueAt: number | null;
  /** What was left of the wait when it was paused. */
  readonly remaining: number | null;
  /** The delay before the current attempt, and the random number that it was drawn with. */
  readonly delay: number | null;
  readonly draw: number | null;
  /** When the first trouble came, for the time to recovery. */
  readonly troubledAt: number | null;
  /** How the last attempt counts for the breaker. */
  readonly outcome: OutcomeKind;
  /** The last attempt's error. */
  readonly error: JsonError | null;
  readonly last: LastTransition;
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
  /** A limit that forbids waiting until `dueAt`. */
  readonly limit?: Limit;
}

/** How an attempt ended. */
export type AttemptOutcome =
  | { readonly kind: 'succeeded'; readonly at: number }
  | {
      readonly kind: 'failed';
      readonly at: number;
      readonly error: JsonError;
      readonly verdict: Verdict;
    }
  /** Its process died. */
  | { readonly kind: 'interrupted'; readonly at: number }
  /** Its process was told to stop, and it stopped. */
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
  readonly deadline: number | null;
}
export type GateOutput = {
  readonly kind: 'released' | 'expired';
  readonly at: number;
};

export type OperationEvent =
  | { readonly type: 'start'; readonly at: number }
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
