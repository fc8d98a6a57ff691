import type { Logger, Random, RecoveryStrategy } from '../ports.ts';
import { type CheckedDelay, checkedDelay } from '../strategies/checked-delay.ts';

/** How long a breaker stays open, as its definition says. */
export interface OpenTimePolicy {
  /** Milliseconds, or who says how many. */
  readonly openTimeout: number | RecoveryStrategy;
  /** Milliseconds, where that strategy says nothing that can be used. */
  readonly fallback: number;
}

/** What an opening was drawn with before. */
export interface EarlierOpenTime {
  readonly delay: number;
  readonly draw?: number;
}

/**
 * The time of a breaker's next opening, drawn ahead, so that the chart needs no randomness and a restart draws nothing again.
 * @param opening its number in a row, from 1
 * @param earlier the opening before it in that row
 */
export function drawnOpenTime(
  { openTimeout, fallback }: OpenTimePolicy,
  opening: number,
  earlier: EarlierOpenTime | undefined,
  {
    random,
    logger,
    key,
  }: { readonly random: Random; readonly logger: Logger; readonly key: string },
): CheckedDelay {
  if (typeof openTimeout === 'number') return { delay: openTimeout };
  try {
    return checkedDelay(openTimeout, opening, {
      random,
      ...(earlier === undefined ? {} : { previousDelay: earlier.delay }),
      ...(earlier?.draw === undefined ? {} : { previousDraw: earlier.draw }),
    });
  } catch (error) {
    logger.error({ err: error, key }, 'the open time of a circuit breaker could not be drawn');
    return { delay: fallback };
  }
}
