import { MAX_DURATION } from '../duration.ts';
import { ConfigError } from '../errors.ts';
import type { DelayContext, RecoveryStrategy } from '../ports.ts';

export interface CheckedDelay {
  /** Whole milliseconds, from 0 to 100 years. */
  readonly delay: number;
  /** The last random number that the strategy drew; absent when it drew none. */
  readonly draw?: number;
}

/**
 * Asks a strategy for a delay and does not take its word for it.
 * @param attempt the attempt that just failed, from 1
 * @throws ConfigError that names the strategy, the attempt and the value when that is not a finite number >= 0, or when
 *   the strategy throws
 */
export function checkedDelay(
  strategy: RecoveryStrategy,
  attempt: number,
  context: DelayContext = {},
): CheckedDelay {
  const source = context.random ?? Math.random;
  let draw: number | undefined;
  const random = () => {
    draw = source();
    return draw;
  };
  let delay: unknown;
  try {
    delay = strategy.calculateDelay(attempt, { ...context, random });
  } catch (cause) {
    throw refusal(strategy, attempt, 'threw an error', undefined, { cause });
  }
  if (typeof delay !== 'number' || !Number.isFinite(delay) || delay < 0) {
    const value = typeof delay === 'number' ? String(delay) : `a value of type ${typeof delay}`;
    throw refusal(strategy, attempt, `gave ${value}`, value);
  }
  const whole = Math.min(Math.round(delay), MAX_DURATION);
  return draw === undefined ? { delay: whole } : { delay: whole, draw };
}

function refusal(
  strategy: RecoveryStrategy,
  attempt: number,
  did: string,
  value: string | undefined,
  cause: { readonly cause?: unknown } = {},
): ConfigError {
  return new ConfigError(
    `strategy "${strategy.name}" ${did} as the delay after attempt ${attempt}; it must give a finite number >= 0`,
    { ...cause, details: { strategy: strategy.name, attempt, ...(value ? { value } : {}) } },
  );
}
