import type { Verdict } from '../../machines/operation/types.ts';
import type {
  BreakerState,
  ErrorCategory,
  Limit,
  RecoveryState,
} from '../../machines/vocabulary.ts';
import type { BreakerView } from './breakers.ts';
import type { TransitionWrite } from './persistence.ts';

export type { Verdict };

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

/** A call that is made up for a preview: it fails. */
export interface PreviewedFailure {
  readonly error: unknown;
  /** Milliseconds that it takes; >= 0. A `timeout` of the policy may end it sooner. @default 0 */
  readonly duration?: number;
  /** Milliseconds that the server asks to be left alone; >= 0. @default what the classifier finds in the error */
  readonly retryAfter?: number;
  /** Milliseconds from the call to its last `op.progress` or finished step, for `resetAfter`; >= 0. @default there is none */
  readonly progress?: number;
}

/** One that succeeds. */
export interface PreviewedSuccess {
  readonly success: true;
  /** Milliseconds that it takes; >= 0. A `timeout` of the policy may end it sooner. @default 0 */
  readonly duration?: number;
}

/** The operation is cancelled while the call runs. */
export interface PreviewedCancel {
  /** Milliseconds from the call to the order; >= 0. */
  readonly cancelAfter: number;
}

/**
 * How a call ends: a word (`interrupted`: its process dies, and goes on at once), a call, or the error that it fails with. An error that is a string, or a plain
 * object with one of the members of a call, goes into `{ error }`.
 */
export type PreviewedOutcome =
  | 'success'
  | 'interrupted'
  | PreviewedSuccess
  | PreviewedFailure
  | PreviewedCancel
  | Error
  | object;

export interface PreviewOptions {
  /** How the calls end, in turn; the last one repeats. At least one. */
  readonly outcomes: readonly PreviewedOutcome[];
  /** How the fallback ends, where there is one: a success or a failure. @default 'success' */
  readonly fallback?: 'success' | PreviewedSuccess | PreviewedFailure | Error | object;
  /** What all random delays follow from: an integer from 0 to 2^32-1, as the history's first reason tells it. @default one made of the definition's name */
  readonly seed?: number | undefined;
  /** When it begins, in epoch milliseconds. @default now */
  readonly start?: number | undefined;
  /** Calls after which the preview ends, finished or not; an integer from 1 to 10000. @default 1000 */
  readonly attempts?: number;
}

/** A call of a preview. Instants in epoch milliseconds. */
export interface PreviewedAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly at: number;
  readonly endedAt: number;
  readonly outcome: 'succeeded' | 'failed' | 'interrupted' | 'cancelled';
  /** The state of the breaker when it let the call through. */
  readonly breaker: BreakerState;
  /** Of a failure: what it was judged to be. */
  readonly verdict?: Verdict;
  /** The error's message. */
  readonly error?: string;
  /** Milliseconds before the retry that follows, and the random number that they were drawn with. */
  readonly delay?: number;
  readonly draw?: number;
}

/** What would become of an operation. JSON-safe. */
export interface Preview {
  readonly state: RecoveryState;
  /**
   * Why the preview ends: the operation has ended; so many `attempts` were made; or nothing more happens by itself, since it waits for
   * an operator or for the tokens of other operations.
   */
  readonly ended: 'final' | 'attempts' | 'waiting';
  readonly startedAt: number;
  /** The last instant of the preview. */
  readonly endedAt: number;
  readonly seed: number;
  readonly attempts: readonly PreviewedAttempt[];
  /** Those of the operation and of its breaker, in the order in which they happen. */
  readonly transitions: readonly TransitionWrite[];
  /** The breaker as it is left. */
  readonly breaker: BreakerView;
}

/**
 * In what a shadow policy differs. `decision`: what follows the attempt; `delay`: when; `classification`: category or rule; `counts`: whether the breaker counts
 * it; `slow`: whether the call was slow for the breaker; `timeout`: the call would have been cut short; `breaker`: whether a permit is given.
 */
export type ShadowDifferenceKind =
  | 'decision'
  | 'delay'
  | 'classification'
  | 'counts'
  | 'slow'
  | 'timeout'
  | 'breaker';

/** What a policy said. */
export interface ShadowOpinion {
  /** What follows the attempt; absent where a permit was asked for. */
  readonly decision?: Decision;
  /** `granted`, or what denied it: `open`, `half_open`, `isolated`, `budget`. */
  readonly permit?: string;
  readonly category?: ErrorCategory;
  readonly rule?: string;
  readonly counts?: boolean;
  readonly limit?: Limit;
  /** Milliseconds. */
  readonly delay?: number;
  /** One line for people. */
  readonly message: string;
}

export interface ShadowDifference {
  readonly kinds: readonly ShadowDifferenceKind[];
  readonly operationId: string;
  readonly attempt: number;
  readonly breakerKey: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** What the policy in force said. */
  readonly actual: ShadowOpinion;
  /** What the shadow policy would have said. */
  readonly shadow: ShadowOpinion;
}

/** How a shadow policy compares with the one in force, since the definition was made in this process. JSON-safe. */
export interface ShadowReport {
  /** Name of the definition. */
  readonly name: string;
  /** Ends of attempts that both have judged, and permits that both were asked for. */
  readonly decisions: number;
  /** Those of them in which they differ. */
  readonly differences: number;
  /** Differences of each kind; one decision may differ in several. */
  readonly kinds: Readonly<Record<ShadowDifferenceKind, number>>;
  /** Attempts that the shadow would not have made, since it had ended the operation before. */
  readonly spared: number;
  /** Operations that succeeded after the shadow had ended them. */
  readonly lost: number;
  /** Breaker keys that are watched, and those that were not, since there are too many. */
  readonly breakers: number;
  readonly unwatched: number;
  /** Times that the shadow itself broke down, such as by a function of its policy that threw. */
  readonly problems: number;
  /** The last 100 differences, oldest first. */
  readonly recent: readonly ShadowDifference[];
}
