import type { JsonError } from './json-error.ts';

/** The top-level states of an operation: the words of the chart, the database and the wire. */
export const RecoveryState = {
  PENDING: 'pending',
  IN_PROGRESS: 'in_progress',
  RECOVERING: 'recovering',
  SUCCESS: 'success',
  FAILED: 'failed',
  EXHAUSTED: 'exhausted',
} as const;
export type RecoveryState = (typeof RecoveryState)[keyof typeof RecoveryState];

/**
 * The states of a circuit breaker. `isolated` and `forced_closed` are an operator's; `metrics_only` lets everything through and
 * notes where it would have opened.
 */
export const BreakerState = {
  CLOSED: 'closed',
  OPEN: 'open',
  HALF_OPEN: 'half_open',
  ISOLATED: 'isolated',
  FORCED_CLOSED: 'forced_closed',
  METRICS_ONLY: 'metrics_only',
} as const;
export type BreakerState = (typeof BreakerState)[keyof typeof BreakerState];

/** What kind of trouble an error is; decides whether a retry can help. */
export const ErrorCategory = {
  NETWORK: 'network',
  TIMEOUT: 'timeout',
  VALIDATION: 'validation',
  PERMISSION: 'permission',
  RESOURCE: 'resource',
  UNKNOWN: 'unknown',
} as const;
export type ErrorCategory = (typeof ErrorCategory)[keyof typeof ErrorCategory];

/** A limit that can end an operation. */
export type Limit = 'maxRetries' | 'maxInterruptions' | 'totalTimeout' | 'retryAfter' | 'budget';

/** What kind of decision a transition was. */
export type ReasonKind =
  | 'created'
  | 'succeeded'
  | 'fallback'
  | 'undo'
  | 'undo_retry'
  | 'undo_failed'
  | 'retry'
  | 'not_retryable'
  | 'limit'
  | 'circuit_open'
  | 'lock'
  | 'budget_empty'
  | 'cancelled'
  | 'paused'
  | 'continued'
  | 'interrupted'
  | 'suspended'
  | 'operator_retry'
  | 'internal'
  | 'threshold'
  | 'open_timeout'
  | 'probe_succeeded'
  | 'probe_failed'
  | 'isolated'
  | 'forced_closed'
  | 'metrics_only'
  | 'would_trip'
  | 'override_ended'
  | 'configured'
  | 'reset';

/** Why a transition happened: everything the decision rested on. JSON-safe. */
export interface Reason {
  readonly kind: ReasonKind;
  /** One line for people. */
  readonly message: string;
  /** Category of the error that led here. */
  readonly category?: ErrorCategory;
  /** Name of the classification rule that matched, such as `code:ECONNRESET`. */
  readonly rule?: string;
  /** The limit that ran out. */
  readonly limit?: Limit;
  /** Delay before the next attempt, in milliseconds. */
  readonly delay?: number;
  /** The random number in [0, 1) that the delay was drawn with. */
  readonly draw?: number;
  /** The strategy that the delay comes from. */
  readonly strategy?: string;
  /** Epoch milliseconds at which the wait ends. */
  readonly dueAt?: number;
  /** What the server asked for (`Retry-After`), in milliseconds. */
  readonly retryAfter?: number;
  /** The operation's seed, where it was drawn: its delays can be worked out again from it. */
  readonly seed?: number;
  /** Tokens of the retry budget that the retry costs. */
  readonly cost?: number;
  /** The hedge, begun later than the first call, has won. */
  readonly hedged?: boolean;
  /** The error of the fallback that was to stand in. */
  readonly fallback?: JsonError;
  /** What has become of the undos: how many are still to be called and have succeeded, and which were given up. */
  readonly undo?: {
    readonly left: number;
    readonly done: number;
    readonly failed: readonly {
      readonly name: string;
      readonly error: string;
      readonly message: string;
    }[];
  };
  /** Who asked for it, where a person or a program did. */
  readonly by?: string;
}
