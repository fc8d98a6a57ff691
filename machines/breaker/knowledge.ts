/** What those who keep breakers ask of them. Pure. */
import type { BreakerState } from '../vocabulary.ts';
import { tokensAt } from './budget.ts';
import { freePermits } from './half-open.ts';
import type { BreakerContext } from './types.ts';
import { rates } from './window.ts';

/**
 * Whether nobody would notice that a breaker which no operation uses begins anew. What it knows matters for as long as it would have stayed
 * open, and as its window looks back: after that it would test the ground anyway. An order and a rate hold until they end.
 * @param changedAt when its context changed last
 */
export function forgettable(
  state: BreakerState,
  context: BreakerContext,
  changedAt: number,
  at: number,
): boolean {
  const { override, openUntil, probes, rate, nextOpen, settings } = context;
  if (override !== null || openUntil !== null || probes.length > 0) return false;
  if (rate !== null && rate > at) return false;
  if (state !== 'half_open' && isAsNew(context, at)) return true;
  const { window } = settings;
  const horizon = window.kind === 'time' ? window.duration : 0;
  return at - changedAt > Math.max(nextOpen.delay, horizon);
}

/** Nothing has failed, and nothing is spent. */
function isAsNew({ window, budget, settings }: BreakerContext, at: number): boolean {
  const { failures, slow } = rates(window, at);
  if (failures > 0 || slow > 0) return false;
  if (budget === null || settings.budget === null) return true;
  return tokensAt(budget, settings.budget, at) >= settings.budget.capacity;
}

/** Whether it is worth asking for a permit. */
export function letsThrough(state: BreakerState, context: BreakerContext): boolean {
  if (state === 'half_open') return freePermits(context) > 0;
  return state !== 'open' && state !== 'isolated';
}
