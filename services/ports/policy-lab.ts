import type { ErrorCategory, Limit } from '../../machines/vocabulary.ts';

/** What follows the end of an attempt. */
export type Decision = 'succeed' | 'retry' | 'fail' | 'exhaust';

/** What a policy says about an error. JSON-safe. */
export interface Explanation {
  /** `retry`; `fail`: no retry can help; `exhaust`: a retry might help, but a limit forbids it. */
  readonly decision: Exclude<Decision, 'succeed'>;
  readonly category: ErrorCategory;
  /** Name of the classification rule that matched. */
  readonly rule: string;
  /** Whether a retry could help, limits aside. */
  readonly retryable: boolean;
  /** Whether the breaker counts it. */
  readonly counts: boolean;
  /** The limit that forbids a retry. */
  readonly limit?: Limit;
  /** The strategy that the delay comes from, or would. */
  readonly strategy: string;
  /** Milliseconds before the retry; of a random delay the one that the middle of the draws gives. Absent when there is no retry. */
  readonly delay?: number;
  /** The shortest and the longest delay that may be drawn, in milliseconds. Absent when nothing is drawn. */
  readonly delayRange?: readonly [min: number, max: number];
  /** Milliseconds that the server asked to be left alone. */
  readonly retryAfter?: number;
  /** Tokens of the retry budget that the retry costs. */
  readonly cost?: number;
  /** The fallback stands in for the ending. */
  readonly fallback?: true;
  /** The same in words. */
  readonly message: string;
}
