import type { OperationContext } from '../../machines/operation/types.ts';
import { drawsOf } from './draws.ts';
import type { Policy } from './policy.ts';
import { type Judgement, verdictOn } from './verdict.ts';

/** No number of a retry is so high: undos draw numbers of their own. */
const FAR = 2 ** 30;

/** Judges a failure of the undo that an operation is at. Never throws. */
export function verdictOnUndo(
  policy: Policy,
  thrown: unknown,
  context: OperationContext,
  now: number,
): Judgement {
  return verdictOn(policy, thrown, {
    operation: asOperation(context),
    now,
    random: drawsOf(context.policy.seed, context.last.seq + FAR),
  });
}

/**
 * An undo's failures, as the strategy sees them. Whether a retry is left is the chart's to say; limits of categories, deadline and budget are
 * the operation's own.
 */
function asOperation({ policy, undos, wait }: OperationContext) {
  const { byCategory: _, budget: __, ...kept } = policy;
  const streak = undos?.failures ?? 0;
  return {
    policy: { ...kept, maxRetries: Number.POSITIVE_INFINITY, deadline: null },
    counts: { retries: streak, interruptions: 0, streak },
    wait,
  };
}
