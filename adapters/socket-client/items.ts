import type {
  BreakerView,
  OperationSummaryView,
  Progress,
  Transition,
} from '../../services/ports.ts';

/** How the way to the server is. */
export type FeedStatus = 'connecting' | 'catching_up' | 'live' | 'reconnecting';

/** What the feed of a server tells, in the order in which it tells it. */
export type ServerFeedItem =
  /** By position, each once. */
  | { readonly kind: 'transition'; readonly transition: Transition }
  /** How far a function says that it is: the latest value at best, none while there is no connection. */
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** Too much was missed, or the server has another store now: how things are. What happened after `position` follows, though it may show here already. */
  | {
      readonly kind: 'snapshot';
      /** At most 1000, newest first. */
      readonly operations: readonly OperationSummaryView[];
      readonly breakers: readonly BreakerView[];
      /** There are more operations than these. */
      readonly more: boolean;
      readonly position: number;
    }
  /** So many transitions were left out, each in favour of a later one of the same operation or breaker, since this reader or its network was too slow. */
  | { readonly kind: 'conflated'; readonly skipped: number }
  /** The server has given this reader up; it goes on after `position` by itself, not before `retryAfter` milliseconds. */
  | {
      readonly kind: 'dropped';
      readonly reason: string;
      readonly position: number;
      readonly retryAfter: number;
    }
  /** `live`: everything that was missed has been told. */
  | { readonly kind: 'status'; readonly status: FeedStatus };
