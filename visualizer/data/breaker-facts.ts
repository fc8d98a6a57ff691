import type { Breaker } from './wire.ts';

/** How near a breaker is to opening. */
export interface Gauge {
  /** What is counted. */
  readonly what: string;
  readonly value: number;
  /** Where it opens; `null` where it never does. */
  readonly threshold: number | null;
  /** The end of the scale. */
  readonly most: number;
  readonly isRatio: boolean;
}

/** The gauges of a breaker, by its kind: what is not counted has none. */
export function gaugesOf(breaker: Breaker): readonly Gauge[] {
  const { kind, threshold, slow_call_duration, slow_threshold } = breaker.settings;
  if (kind === 'consecutive') {
    const most = Math.max(threshold ?? 5, breaker.failures, 1);
    return [
      { what: 'Failures in a row', value: breaker.failures, threshold, most, isRatio: false },
    ];
  }
  const ratio = (what: string, value: number, opensAt: number | null): Gauge => ({
    what,
    value,
    threshold: opensAt,
    most: 1,
    isRatio: true,
  });
  const failures = ratio('Failures', breaker.failure_ratio, threshold);
  if (slow_call_duration === null) return [failures];
  return [failures, ratio('Slow calls', breaker.slow_ratio, slow_threshold)];
}

export interface Filling {
  readonly calls: number;
  /** No share counts before the window holds so many. */
  readonly minimum: number;
  /** `null` for a window of time, which holds any number. */
  readonly size: number | null;
}

/** How full the window is; `null` for a breaker that counts failures in a row. */
export function fillingOf({ calls, settings }: Breaker): Filling | null {
  if (settings.kind === 'consecutive') return null;
  const size = settings.kind === 'count' ? settings.window : null;
  return { calls, minimum: settings.minimum_calls ?? 0, size };
}
