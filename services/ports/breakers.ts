import type { BreakerState } from '../../machines/vocabulary.ts';

/** A breaker as data. What a window holds is told as of the clock's now. */
export interface BreakerView {
  readonly key: string;
  readonly state: BreakerState;
  /** Calls that it looks back on; kind `consecutive`: the failures in a row. */
  readonly calls: number;
  /** The failures among them. */
  readonly failures: number;
  /** The slow ones among them. */
  readonly slow: number;
  /** `failures` of `calls`; 0 without calls. */
  readonly failureRatio: number;
  readonly slowRatio: number;
  /** Grows each time it changes state. */
  readonly generation: number;
  /** Openings in a row, without a close in between. */
  readonly openings: number;
  /** When it tries again; `null` unless it is open. */
  readonly openUntil: number | null;
  /** Half-open probes that are out. */
  readonly probes: number;
  /** Tokens in its budget; `null` where it has none. */
  readonly tokens: number | null;
  /** What an operator has put in force; `null` otherwise. */
  readonly override: BreakerOverride | null;
  /** Operations of its key that live in this process. */
  readonly operations: number;
  readonly settings: BreakerSettingsView;
}

/** What a breaker goes by at the moment: `null` for what its kind does not look at. */
export interface BreakerSettingsView {
  readonly kind: 'consecutive' | 'count' | 'time';
  readonly mode: 'enforce' | 'metrics_only';
  /** Failures in a row that open it, where `null` never does; kinds `count` and `time`: the share of failures, in (0, 1]. */
  readonly threshold: number | null;
  /** What it looks back on: calls (kind `count`) or milliseconds (kind `time`). */
  readonly window: number | null;
  /** No share counts before there were so many calls. */
  readonly minimumCalls: number | null;
  /** Milliseconds from which on a call is slow. */
  readonly slowCallDuration: number | null;
  /** The share of slow calls that opens it, in (0, 1]. */
  readonly slowThreshold: number | null;
  /** Probes of one half-open phase. */
  readonly permits: number;
  /** Of them so many must succeed for it to close. */
  readonly successes: number;
  /** Milliseconds for which a probe's permit is lent. */
  readonly probeTimeout: number;
  /** Milliseconds that it will be open the next time. Drawn ahead, where it is drawn. */
  readonly openTimeout: number;
  /** Tokens of a full budget. */
  readonly budgetCapacity: number | null;
}

/** An operator's order that is in force. */
export interface BreakerOverride {
  /** When it ends by itself (epoch ms); `null` for never. */
  readonly until: number | null;
  readonly reason: string | null;
  readonly by: string | null;
}

/** States that an operator may force. */
export type ForcedBreakerState = 'isolated' | 'forced_closed' | 'metrics_only';

/** Why an operator does something to a breaker; kept in its history. */
export interface BreakerOrder {
  readonly reason?: string;
  /** Who it is. */
  readonly by?: string;
}

export interface ForceOptions extends BreakerOrder {
  /** Milliseconds after which the order ends by itself; > 0. @default never */
  readonly ttl?: number;
}

/**
 * A breaker, seen at one moment, and what an operator may do to it. Each order takes effect at once and resolves when it is durable; a
 * `PersistenceError` means that it is in force and not durable yet.
 * @throws ConfigError for a `ttl`, `reason` or `by` that cannot be used
 * @throws RecoveryClosedError
 */
export interface BreakerHandle extends BreakerView {
  /** Lets nothing through. When `ttl` is over a probe tests the ground. */
  forceOpen(options?: ForceOptions): Promise<void>;
  /** Lets everything through, whatever fails. When `ttl` is over it is closed, anew. */
  forceClosed(options?: ForceOptions): Promise<void>;
  /** Lets everything through, and notes where it would have opened. When `ttl` is over it is closed, anew. */
  metricsOnly(options?: ForceOptions): Promise<void>;
  /** Closes it, with nothing counted. */
  reset(options?: BreakerOrder): Promise<void>;
}
