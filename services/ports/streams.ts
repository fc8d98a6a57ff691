import type { BreakerView } from './breakers.ts';
import type { OperationSummaryView } from './operation-view.ts';
import type { Transition } from './persistence.ts';

/**
 * Which transitions. Those of operations must fit `ids`, `names` and `states`, as far as they are given; those of breakers `keys`.
 * Where only one of the two sides is given the other is left out; with nothing given, everything fits.
 */
export interface TransitionFilter {
  /** Operations. */
  readonly ids?: readonly string[];
  /** Names of definitions. */
  readonly names?: readonly string[];
  /** States that are entered. */
  readonly states?: readonly Transition['to'][];
  /** Breakers. */
  readonly keys?: readonly string[];
}

export interface FeedOptions extends TransitionFilter {
  /** The last position that the reader knows: what came after it is told first. 0 is the beginning. @default from now on */
  readonly since?: number | undefined;
  /** Transitions that wait for the reader at most, 1 to 100000. @default 1000 */
  readonly limit?: number;
  /**
   * What becomes of a reader that lets more than `limit` wait. `conflate`: it gets only the latest transition of each operation and breaker, and is
   * dropped where even those are more than `limit`. `reread`: it gets every transition, from the store; each time costs a read.
   * @default 'conflate'
   */
  readonly slow?: 'conflate' | 'reread';
  /**
   * A reader that is further behind than so many positions gets a snapshot instead of what it missed; one that follows a single operation
   * or breaker gets everything. 0 or more. @default 10000
   */
  readonly maxReplay?: number;
}

/** What a feed tells. */
export type FeedItem = FeedTransitions | FeedSnapshot | FeedDropped;

export interface FeedTransitions {
  readonly kind: 'transitions';
  /** By position, none of them told before; 1000 at most. Empty only where it says that there was nothing (more) to catch up with. */
  readonly transitions: readonly Transition[];
  /** Those that were left out since the item before, each in favour of a later one of the same operation or breaker. */
  readonly skipped: number;
  /** What was missed has been told: from here on it is live. */
  readonly live: boolean;
  /** Give it as `since` to go on from here. */
  readonly position: number;
}

/** How things are, for a reader that missed too much. What happened after `position` follows, though it may show here already. */
export interface FeedSnapshot {
  readonly kind: 'snapshot';
  /** At most 1000 that fit the filter, newest first. */
  readonly operations: readonly OperationSummaryView[];
  readonly breakers: readonly BreakerView[];
  /** There are more operations than these. */
  readonly more: boolean;
  readonly position: number;
}

/** The reader was too slow. Nothing follows; a new feed with `since` goes on. */
export interface FeedDropped {
  readonly kind: 'dropped';
  readonly reason: string;
  readonly position: number;
}

/**
 * Transitions in order: what the store has after `since`, then live, each once and none left out. Read it with `for await`, or with `next()`, one
 * call at a time. It ends when the recovery closes.
 */
export interface Feed extends AsyncIterableIterator<FeedItem> {
  /** @throws PersistenceError when the store cannot be read; the feed is over then */
  next(): Promise<IteratorResult<FeedItem, undefined>>;
  /** Ends it, also amid a `next()`. Whoever does not read to the end calls it; leaving a `for await` does. */
  return(): Promise<IteratorResult<FeedItem, undefined>>;
  /** Transitions that wait for the reader. */
  readonly waiting: number;
}
