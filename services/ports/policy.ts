import type { ErrorCategory } from '../../machines/vocabulary.ts';
import type { Random } from './clock.ts';

/** What a strategy may look at besides the attempt's number. */
export interface DelayContext {
  /** Source of jitter. @default Math.random */
  readonly random?: Random;
  /** The delay before the attempt that just failed, in milliseconds; undefined after the first. */
  readonly previousDelay?: number;
  /** The random number in [0, 1) that the previous delay was drawn with; undefined when it was not drawn. */
  readonly previousDraw?: number;
  /** The error that the attempt failed with. */
  readonly error?: unknown;
}

/** How long to wait before the next attempt. */
export interface RecoveryStrategy {
  /** Stands in the reason of each retry. */
  readonly name: string;
  /** Milliseconds that none of its delays exceeds, where there is such a bound; `longRetryAfter` goes by it. */
  readonly maxDelay?: number;
  /**
   * Milliseconds to wait, finite and >= 0.
   * @param attempt the attempt that just failed, from 1. Large numbers must not overflow.
   */
  calculateDelay(attempt: number, context?: DelayContext): number;
}

/** What the classifier makes of an error. */
export interface Classification {
  readonly category: ErrorCategory;
  readonly retryable: boolean;
  /** Name of the rule that matched: `code:ECONNRESET`, `http:503`, `name:ZodError`, `message:timeout`, `fallback` ... */
  readonly rule: string;
  /** The server's wish, in milliseconds from now, where the error carries one (`Retry-After`). */
  readonly retryAfter?: number;
}

/** A user's rule; the first that returns something decides, before the built-in ones. */
export interface ClassificationRule {
  /** Stands in verdicts as `rule`. Not empty. */
  readonly name: string;
  /** Undefined: not mine. `retryable` defaults to what the category says. Must not throw; one that does is skipped. */
  readonly match: (
    error: unknown,
  ) =>
    | ErrorCategory
    | { readonly category: ErrorCategory; readonly retryable?: boolean }
    | undefined;
}

/** Sorts errors. */
export interface Classifier {
  classify(error: unknown): ErrorCategory;
  shouldRetry(error: unknown): boolean;
  /** Both at once, with the rule that matched. */
  explain(error: unknown): Classification;
}

/**
 * Settings of a breaker. They belong to its key: of definitions that share one, the first that uses it under a version of the configuration
 * settles them.
 */
export interface BreakerOptions {
  /**
   * What opens it: `consecutive` failures in a row, the ratio of failures among the last N calls (`count`), or among the calls of the last
   * so many milliseconds (`time`). @default 'consecutive'
   */
  readonly kind?: 'consecutive' | 'count' | 'time';
  /** Kind `consecutive`: failures in a row that open it; an integer >= 1. @default 5 */
  readonly threshold?: number;
  /** Kinds `count` and `time`: the share of failures that opens it; above 0, at most 1. Reaching it is enough. @default 0.5 */
  readonly failureRatio?: number;
  /** Kind `count`: how many calls it looks back on; an integer from 1 to 10000. @default 100 */
  readonly size?: number;
  /** Kind `time`: milliseconds that it looks back on; > 0. @default 60000 */
  readonly duration?: number;
  /** Kind `time`: parts of `duration`, by which calls are forgotten; an integer from 1 to 100. @default 10 */
  readonly buckets?: number;
  /** Kinds `count` and `time`: no ratio opens it before it looks back on so many calls; an integer >= 1. @default 10, kind `count`: at most `size` */
  readonly minimumCalls?: number;
  /** Kinds `count` and `time`: milliseconds from which on a call is slow, whether it succeeds or fails; > 0. @default none is slow */
  readonly slowCallDuration?: number;
  /** The share of slow calls that opens it; above 0, at most 1. @default 1 */
  readonly slowCallRatio?: number;
  /**
   * Milliseconds that it stays open, or a strategy that is asked for them with the number of openings in a row, from 1. A server that asks
   * for a longer pause gets it. @default 300000
   */
  readonly openTimeout?: number | RecoveryStrategy;
  /** Milliseconds after which a half-open probe that has not ended gives its permit back. @default 60000 */
  readonly probeTimeout?: number;
  /** Probes of one half-open phase; an integer from 1 to 1000. @default 1 */
  readonly permits?: number;
  /** Of them so many must succeed for it to close; an integer from 1 to `permits`. @default permits */
  readonly successes?: number;
  /**
   * Whether a failure says something about the health of what is called. One that does not moves nothing.
   * Must not throw; where it does, the default decides. @default all but validation and permission errors
   */
  readonly recordFailure?: (category: ErrorCategory, error: unknown) => boolean;
  /** `metrics_only` lets everything through and only notes where it would have opened. @default 'enforce' */
  readonly mode?: 'enforce' | 'metrics_only';
}

/** A bucket of tokens that retries are paid with, one for each breaker key; a retry storm empties it and then stops. Kept over restarts. */
export interface BudgetOptions {
  /** Tokens of a full bucket; > 0. @default 500 */
  readonly capacity?: number;
  /** Tokens that a retry costs; >= 0. @default 5, at most `capacity` */
  readonly cost?: number;
  /** The same for errors of a category. @default a time-out costs twice `cost`, at most `capacity` */
  readonly costs?: { readonly [Category in ErrorCategory]?: number };
  /** Tokens that a success gives back when it took no retry; one that did gives back what its last retry cost. >= 0. @default 1 */
  readonly refund?: number;
  /**
   * Tokens that come back each second; >= 0. With 0 and `wait`, those that wait need successes of others, or a `totalTimeout`.
   * @default 0, with `wait` 1
   */
  readonly refillPerSecond?: number;
  /** What a retry does that cannot be paid: end the operation as exhausted (limit `budget`), or wait for tokens. @default 'fail' */
  readonly whenEmpty?: 'fail' | 'wait';
}

/** Attempts for each breaker key: `limit` in `interval` milliseconds, evenly spaced beyond a burst. */
export interface RateLimitOptions {
  /** An integer >= 1. */
  readonly limit: number;
  /** Milliseconds; > 0. */
  readonly interval: number;
  /** Attempts that may follow one another at once; an integer >= 1. @default limit */
  readonly burst?: number;
}

/** What a policy says otherwise about errors of a category. */
export interface CategoryPolicy {
  /** @default the policy's */
  readonly strategy?: RecoveryStrategy;
  /** Retries after errors of this category. An integer >= 0. @default they share the policy's */
  readonly maxRetries?: number;
}

/** Policy of a definition; whatever is left out comes from the recovery's configuration. */
export interface PolicyOptions<Input = unknown> {
  /** Retries after the first attempt: 3 means at most 4 attempts. An integer >= 0. @default 3 */
  readonly maxRetries?: number;
  /** Times that the operation may be interrupted by the death of its process before it ends `exhausted`. @default 10 */
  readonly maxInterruptions?: number;
  /** Milliseconds that one attempt may take; then its signal is aborted and it counts as a failure. @default none */
  readonly timeout?: number;
  /** Milliseconds that the operation may take in all, waits included. @default none */
  readonly totalTimeout?: number;
  readonly strategy?: RecoveryStrategy;
  /**
   * Policies of single categories of errors. One with a `maxRetries` of its own counts its own retries, by which its delays grow; the others
   * share those of the policy.
   */
  readonly policies?: { readonly [Category in ErrorCategory]?: CategoryPolicy };
  /**
   * Milliseconds of healthy progress, from the call of the function to its last `op.progress` or finished step, after which the
   * backoff begins anew. Limits count on. > 0. @default it never does
   */
  readonly resetAfter?: number;
  /**
   * What becomes of a server's wish (`Retry-After`) for more than the strategy's `maxDelay`: `wait` for it, or `end` the operation as
   * exhausted (limit `retryAfter`). It is never shortened. @default 'wait'
   */
  readonly longRetryAfter?: 'wait' | 'end';
  /**
   * Milliseconds after which an attempt calls its function a second time, where the first call has not ended by then: the first success
   * wins, and the other call's signal is aborted. For functions that may run twice at once. Not below `timeout`: none. >= 0.
   * @default it never does
   */
  readonly hedgeAfter?: number;
  readonly classifier?: Classifier;
  /**
   * Key of its breaker, or how to find it; `false` for none. A `ValidationError` that it throws refuses the input: `start` rejects with it, and nothing is stored.
   * @default the definition's name
   */
  readonly breaker?: string | false | ((input: Input) => string);
  readonly breakerOptions?: BreakerOptions;
  /** What its retries may cost; `false` for no limit. @default false */
  readonly budget?: BudgetOptions | false;
  /** How fast its attempts may follow one another. @default no limit */
  readonly rateLimit?: RateLimitOptions;
  /** What an operation does while its breaker is open. @default 'fail' */
  readonly whenOpen?: 'fail' | 'wait';
  /**
   * What an operation needs for itself alone, such as a folder: operations with the same key, whatever their definition, take turns, the oldest first, also
   * after a restart. It has the lock from its start to its end, waits and pauses in between included. 1 to 1000 characters. @default none
   */
  readonly lock?: (input: Input) => string | undefined;
  /** Operations of this definition that may be in progress at once; the others wait. An integer >= 1. @default no limit */
  readonly concurrency?: number;
  /** The same for those of them that share a breaker key, such as a host; they hold up no other key. An integer >= 1. @default no limit */
  readonly keyConcurrency?: number;
  /** Operations of this definition that may wait for their first slot; more are refused with an `OverloadedError`. An integer >= 0. @default no limit */
  readonly maxPending?: number;
  /**
   * A second policy that judges the same failures, permits and calls without effect, and reports where it would have decided otherwise; see `definition.shadow`.
   * Nothing of it is stored. @default none
   */
  readonly shadow?: ShadowOptions;
}

/** What a shadow policy may say otherwise; what is left out is as in the definition. A member is taken as a whole: `breakerOptions` are not merged. */
export type ShadowOptions = Pick<
  PolicyOptions,
  | 'maxRetries'
  | 'timeout'
  | 'totalTimeout'
  | 'strategy'
  | 'policies'
  | 'resetAfter'
  | 'longRetryAfter'
  | 'classifier'
  | 'breakerOptions'
  | 'budget'
  | 'whenOpen'
>;
