import type { BreakerSettings, OpenTime } from '../../machines/breaker/types.ts';
import type { BreakerSettingsView } from '../ports.ts';

/** A breaker's settings as its users see them, whatever its kind. */
export function settingsView(settings: BreakerSettings, nextOpen: OpenTime): BreakerSettingsView {
  const { mode, window, permits, successes, probeTimeout, budget } = settings;
  const always = {
    mode,
    permits,
    successes,
    probeTimeout,
    openTimeout: nextOpen.delay,
    budgetCapacity: budget === null ? null : budget.capacity,
  };
  if (window.kind === 'consecutive') {
    return {
      kind: window.kind,
      threshold: window.threshold,
      window: null,
      minimumCalls: null,
      slowCallDuration: null,
      slowThreshold: null,
      ...always,
    };
  }
  const { kind, failureRatio, minimumCalls, slowCallDuration, slowCallRatio } = window;
  return {
    kind,
    threshold: failureRatio,
    window: kind === 'count' ? window.size : window.duration,
    minimumCalls,
    slowCallDuration,
    slowThreshold: slowCallDuration === null ? null : slowCallRatio,
    ...always,
  };
}
