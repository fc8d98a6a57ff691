import {
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  handleAll,
  type IBreaker,
  SamplingBreaker,
} from 'cockatiel';
import { type BreakerContender, type BreakerKind, SETTINGS } from '../breaker-contender.ts';

const { threshold, failureRatio, size, duration, minimumCalls, openTimeout } = SETTINGS;

/** Its time window has 1 s a part, and a minimum of calls a second. */
function breakerOf(kind: BreakerKind): IBreaker {
  switch (kind) {
    case 'consecutive':
      return new ConsecutiveBreaker(threshold);
    case 'count':
      return new CountBreaker({
        threshold: failureRatio,
        size,
        minimumNumberOfCalls: minimumCalls,
      });
    case 'time':
      return new SamplingBreaker({ threshold: failureRatio, duration, minimumRps: 1 });
  }
}

const make = (kind: BreakerKind) =>
  circuitBreaker(handleAll, { halfOpenAfter: openTimeout, breaker: breakerOf(kind) });

const held = new Map<string, unknown>();

export const breaker: BreakerContender = {
  guard(kind) {
    const policy = make(kind);
    return fn => policy.execute(fn);
  },
  hold(kind, keys) {
    for (let key = 0; key < keys; key++) held.set(`host-${key}`, make(kind));
  },
};
