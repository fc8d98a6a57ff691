/** What opens a breaker by ratio, once it looks back on enough calls. */
export interface RatioSettings {
  /** The share of failures that opens it, in (0, 1]; reaching it is enough. */
  readonly failureRatio: number;
  /** No ratio counts before the window holds so many calls. */
  readonly minimumCalls: number;
  /** Milliseconds from which on a call is slow; `null`: none is. */
  readonly slowCallDuration: number | null;
  /** The share of slow calls that opens it, in (0, 1]. */
  readonly slowCallRatio: number;
}

export interface ConsecutiveSettings {
  readonly kind: 'consecutive';
  /** Failures in a row that open it; `null` never opens. */
  readonly threshold: number | null;
}
export interface CountSettings extends RatioSettings {
  readonly kind: 'count';
  /** How many calls it looks back on. */
  readonly size: number;
}
export interface TimeSettings extends RatioSettings {
  readonly kind: 'time';
  /** Milliseconds that it looks back on. */
  readonly duration: number;
  /** Parts of `duration`, by which calls are forgotten. */
  readonly buckets: number;
}
export type WindowSettings = ConsecutiveSettings | CountSettings | TimeSettings;

/** A call that counts. */
export interface Call {
  readonly failed: boolean;
  readonly slow: boolean;
  /** Epoch milliseconds at which it ended. */
  readonly at: number;
}

export interface ConsecutiveWindow {
  readonly kind: 'consecutive';
  readonly failures: number;
}

export interface CountWindow {
  readonly kind: 'count';
  readonly size: number;
  /** Calls that it holds. */
  readonly calls: number;
  /** Where the next call goes. */
  readonly next: number;
  /** Two bits a call: 1 failed, 2 slow; fifteen calls a word, so that a copy of ten thousand calls stays small. */
  readonly words: readonly number[];
  readonly failures: number;
  readonly slow: number;
}

/** The calls of one part of a time window. */
export interface Bucket {
  /** Its number since the epoch. */
  readonly index: number;
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}
export interface TimeWindow {
  readonly kind: 'time';
  readonly duration: number;
  readonly buckets: number;
  /** Those that had calls, oldest first. */
  readonly parts: readonly Bucket[];
}
/** What a breaker remembers of its calls: immutable, JSON-safe. */
export type Window = ConsecutiveWindow | CountWindow | TimeWindow;

export interface Rates {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
  /** In [0, 1]; 0 without calls. */
  readonly failureRatio: number;
  readonly slowRatio: number;
}
