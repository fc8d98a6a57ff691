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

/** Settings of a breaker. */
export interface BreakerOptions {
  /** Consecutive failures that open it; an integer >= 1. @default 5 */
  readonly threshold?: number;
  /** Milliseconds that it stays open. @default 300000 */
  readonly openTimeout?: number;
  /** Milliseconds after which a half-open probe that has not ended gives its permit back. @default 60000 */
  readonly probeTimeout?: number;
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
  readonly classifier?: Classifier;
  /** Key of its breaker, or how to find it; `false` for none. @default the definition's name */
  readonly breaker?: string | false | ((input: Input) => string);
  readonly breakerOptions?: BreakerOptions;
  /** What an operation does while its breaker is open. @default 'fail' */
  readonly whenOpen?: 'fail' | 'wait';
}
