import CircuitBreaker from 'opossum';
import { type BreakerContender, type Call, SETTINGS } from '../breaker-contender.ts';

const make = () =>
  new CircuitBreaker((fn: Call) => fn(), {
    timeout: false,
    resetTimeout: SETTINGS.openTimeout,
    errorThresholdPercentage: 100 * SETTINGS.failureRatio,
    volumeThreshold: SETTINGS.minimumCalls,
    rollingCountTimeout: SETTINGS.duration,
    rollingCountBuckets: SETTINGS.buckets,
    rollingPercentilesEnabled: false,
  });

const held = new Map<string, unknown>();

/** It knows time windows only. */
export const breaker: BreakerContender = {
  guard(kind) {
    if (kind !== 'time') return undefined;
    const circuit = make();
    return fn => circuit.fire(fn);
  },
  hold(_, keys) {
    for (let key = 0; key < keys; key++) held.set(`host-${key}`, make());
  },
};
