import type { Breaker } from './wire.ts';

/** How near a breaker is to opening. */
export interface Gauge {
  /** What is counted: `failures in a row`, `failure ratio`. */
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
  const settings = breaker.settings ?? {};
  const kind = settings.kind ?? 'consecutive';
  if (kind === 'consecutive') {
    const threshold = numberIn(settings, 'threshold');
    const most = Math.max(threshold ?? 5, breaker.failures, 1);
    return [
      { what: 'Failures in a row', value: breaker.failures, threshold, most, isRatio: false },
    ];
  }
  const failures: Gauge = {
    what: 'Failures',
    value: breaker.failure_ratio,
    threshold: numberIn(settings, 'threshold'),
    most: 1,
    isRatio: true,
  };
  const slowFrom = numberIn(settings, 'slow_call_duration');
  if (slowFrom === null) return [failures];
  const slow: Gauge = {
    what: 'Slow calls',
    value: breaker.slow_ratio,
    threshold: numberIn(settings, 'slow_threshold'),
    most: 1,
    isRatio: true,
  };
  return [failures, slow];
}

/** How full the window is: calls, and how many it takes before a ratio counts. `null` for a breaker that counts failures in a row. */
export function fillingOf(
  breaker: Breaker,
): { readonly calls: number; readonly minimum: number; readonly size: number | null } | null {
  const settings = breaker.settings ?? {};
  const kind = settings.kind ?? 'consecutive';
  if (kind === 'consecutive') return null;
  return {
    calls: breaker.calls,
    minimum: numberIn(settings, 'minimum_calls') ?? 0,
    size: kind === 'count' ? numberIn(settings, 'window') : null,
  };
}

export function numberIn(settings: Readonly<Record<string, unknown>>, name: string): number | null {
  const value = settings[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
