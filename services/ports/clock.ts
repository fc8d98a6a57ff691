/** A handle of a timer; only the clock that made it knows what it is. */
export type TimerHandle = unknown;

/** Time. The system clock in production, a simulated one in tests. */
export interface Clock {
  /** Epoch milliseconds. May jump; intervals are not measured with it. */
  now(): number;
  /** Calls `fn` once, `ms` from now (0 to 2^31-1); never from within this call. */
  setTimeout(fn: () => void, ms: number): TimerHandle;
  /** Forgets a timer. One that has fired already is no error. */
  clearTimeout(handle: TimerHandle): void;
}

/** Uniform random numbers in [0, 1). `Math.random` in production, a seeded source in tests. */
export type Random = () => number;
