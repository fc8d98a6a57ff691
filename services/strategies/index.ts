/** How long to wait before the next attempt: one strategy a file. */
export { type CheckedDelay, checkedDelay } from './checked-delay.ts';
export { CustomStrategy, type CustomStrategyOptions } from './custom.ts';
export {
  type ExponentialBackoffOptions,
  ExponentialBackoffStrategy,
} from './exponential-backoff.ts';
export { type FixedDelayOptions, FixedDelayStrategy } from './fixed-delay.ts';
export type { FlatJitter, Jitter } from './jitter.ts';
export { type LinearBackoffOptions, LinearBackoffStrategy } from './linear-backoff.ts';
