/** What opens a breaker. */
export const breakerKinds = ['consecutive', 'count', 'time'] as const;
export type BreakerKind = (typeof breakerKinds)[number];

export type Call = () => Promise<unknown>;
/** Calls a function where the breaker lets it. */
export type Guard = (fn: Call) => Promise<unknown>;

/** Somebody's circuit breaker, with settings as near to the others' as it has them. */
export interface BreakerContender {
  /** Undefined where it has no breaker of that kind. */
  guard(kind: BreakerKind): Guard | undefined;
  /** As many breakers as keys; what they hang on is kept until the process ends. */
  hold(kind: BreakerKind, keys: number): void;
}

/** Each file of `breakers/` exports `breaker`. `bare` is the call without one. */
export const breakerNames = ['xstate-recovery', 'cockatiel', 'opossum', 'bare'] as const;
export type BreakerName = (typeof breakerNames)[number];

/** Half of the last 100 calls, or of those of 10 s in 10 parts, once there are 10. */
export const SETTINGS = {
  threshold: 5,
  failureRatio: 0.5,
  size: 100,
  duration: 10_000,
  buckets: 10,
  minimumCalls: 10,
  openTimeout: 30_000,
} as const;
