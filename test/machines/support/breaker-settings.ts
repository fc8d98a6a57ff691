import type { BreakerSettings } from '../../../machines/breaker/types.ts';
import type { RatioSettings } from '../../../machines/breaker/window-types.ts';

/** Settings of a breaker chart as its runtime would resolve them; three failures in a row open it. */
export const settingsOf = (changed: Partial<BreakerSettings> = {}): BreakerSettings => ({
  version: 1,
  mode: 'enforce',
  window: { kind: 'consecutive', threshold: 3 },
  probeTimeout: 500,
  permits: 1,
  successes: 1,
  budget: null,
  rate: null,
  ...changed,
});

/** What windows of calls have in common; half of them open it. */
export const ratios: RatioSettings = {
  failureRatio: 0.5,
  minimumCalls: 1,
  slowCallDuration: null,
  slowCallRatio: 1,
};
