/** What the arrows of the breaker ask. Pure. */
import { affordableAt, affords, moved } from './budget.ts';
import { probeOutcome, windowAfter } from './decisions.ts';
import {
  closesWithOne,
  freePermits,
  holds,
  opensWithOne,
  unexpired,
  without,
} from './half-open.ts';
import { conforms } from './rate.ts';
import { changesNothing, movesTokens, outcomeOf, returned } from './returns.ts';
import type { BreakerContext, BreakerEvent, ForceOrder } from './types.ts';
import { excess } from './window.ts';

interface Asked {
  readonly context: BreakerContext;
  readonly event: BreakerEvent;
}

/** What it has to pay before it is granted a permit. */
const costOf = (event: BreakerEvent): number =>
  event.type === 'permit.request' ? (event.cost ?? 0) : 0;

export const costsNothing = ({ context, event }: Asked): boolean =>
  costOf(event) === 0 || context.budget === null;

export function canPay({ context: { budget, settings }, event }: Asked): boolean {
  if (event.type !== 'permit.request' || budget === null || settings.budget === null) return true;
  return affords(budget, settings.budget, costOf(event), event.at);
}

/** When the clock will have refilled enough for a retry that cannot be paid; `null` when it never will. */
export function payableAt({ budget, settings }: BreakerContext, cost = 0, at: number) {
  if (budget === null || settings.budget === null) return at;
  return affordableAt(budget, settings.budget, cost, at);
}

export const leavesAsItIs = ({ context, event }: Asked): boolean => changesNothing(context, event);

/** The call makes the window one that opens; only one that counts can. */
export function trips({ context, event }: Asked): boolean {
  const permit = returned(event);
  const outcome = outcomeOf(context, event);
  if (permit === null || outcome === null || outcome === 'ignored') return false;
  return excess(windowAfter(context, permit), context.settings.window, permit.at) !== undefined;
}

/** The same, where the window was none that opens before. */
export function crosses({ context, event }: Asked): boolean {
  const permit = returned(event);
  if (permit === null || !trips({ context, event })) return false;
  return excess(context.window, context.settings.window, permit.at) === undefined;
}

export function settles({ context, event }: Asked): boolean {
  const permit = returned(event);
  return permit !== null && movesTokens(context, permit);
}

/** The tokens that come back are enough for one that waits for them. */
export function freesTokens({ context, event }: Asked): boolean {
  const { budget, settings } = context;
  const permit = returned(event);
  if (budget === null || budget.wanted === null || settings.budget === null) return false;
  if (permit === null || !((permit.refund ?? 0) > 0)) return false;
  const { tokens, wanted } = moved(budget, settings.budget, permit, permit.at);
  return wanted === null || tokens >= wanted;
}

function probeSays({ context, event }: Asked, wanted: 'success' | 'failure'): boolean {
  const permit = returned(event);
  return (
    permit !== null &&
    outcomeOf(context, event) !== null &&
    probeOutcome(context, permit) === wanted
  );
}

export const closes = (asked: Asked): boolean =>
  closesWithOne(asked.context) && probeSays(asked, 'success');

export const reopens = (asked: Asked): boolean =>
  opensWithOne(asked.context) && probeSays(asked, 'failure');

/** A probe's permit comes back. One whose lease has ended still has its say; where it has none, there is nothing to take back. */
export function isProbe({ context, event }: Asked): boolean {
  const permit = returned(event);
  const outcome = outcomeOf(context, event);
  if (permit === null || outcome === null) return false;
  return outcome !== 'ignored' || holds(context, permit.operationId);
}

export function isLastProbe(asked: Asked): boolean {
  const { context, event } = asked;
  const id = returned(event)?.operationId ?? '';
  return isProbe(asked) && without(context.probes, id).length === 0;
}

export function hasNoneFree({ context, event }: Asked): boolean {
  if (event.type !== 'permit.request') return true;
  const probes = without(context.probes, event.operationId);
  return freePermits({ ...context, probes }) === 0;
}

export const noLeaseIsLeft = (context: BreakerContext, at: number): boolean =>
  unexpired(context, at).length === 0;

const isInstant = (at: unknown): boolean => Number.isFinite(at);

/** Whoever has the actor may send it anything; what has no instant cannot be recorded. */
export const isDated = ({ event }: Asked): boolean => 'at' in event && isInstant(event.at);

export function forcesTo({ event }: Asked, to: ForceOrder['to']): boolean {
  if (event.type !== 'force' || event.to !== to || !isInstant(event.at)) return false;
  return event.ttl === undefined || (isInstant(event.ttl) && event.ttl >= 0);
}

export const onlyCounts = ({ context }: Pick<Asked, 'context'>): boolean =>
  context.settings.mode === 'metrics_only';

export const isNewer = ({ context, event }: Asked): boolean =>
  event.type === 'configure' && event.settings.version > context.settings.version;

/** Also where a breaker has just been made: a chart begins in one state only. */
export const becomesObserver = ({ context, event }: Asked): boolean =>
  event.type === 'configure' &&
  event.settings.mode === 'metrics_only' &&
  event.settings.version >= context.settings.version;

export const becomesEnforcer = (asked: Asked): boolean =>
  isNewer(asked) &&
  asked.context.override === null &&
  asked.event.type === 'configure' &&
  asked.event.settings.mode === 'enforce';

export const paces = ({ context, event }: Asked): boolean =>
  event.type === 'rate.take' &&
  context.settings.rate !== null &&
  conforms(context.rate, context.settings.rate, event.at);
