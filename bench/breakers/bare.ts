import type { BreakerContender } from '../breaker-contender.ts';

export const breaker: BreakerContender = {
  guard: () => fn => fn(),
  hold: () => {},
};
