/** What the guards ask of a permit that comes back. Pure. */
import type { OutcomeKind, PermitReturn } from '../permit.ts';
import type { BreakerContext, BreakerEvent } from './types.ts';

/** The permit that an event brings back, by itself or with the end of its operation. */
export function returned(event: BreakerEvent): PermitReturn | null {
  if (event.type === 'permit.return') return event;
  return 'output' in event ? event.output.permit : null;
}

/** The outcome of a permit of the current generation; an older one never moves the breaker. */
export function outcomeOf(context: BreakerContext, event: BreakerEvent): OutcomeKind | null {
  const permit = returned(event);
  return permit?.generation === context.generation ? permit.outcome : null;
}

/** Whether a permit moves tokens of the budget. */
export function movesTokens(context: BreakerContext, permit: PermitReturn): boolean {
  const { budget, settings } = context;
  if (budget === null || settings.budget === null) return false;
  if ((permit.charge ?? 0) > 0) return true;
  return (permit.refund ?? 0) > 0 && budget.tokens < settings.budget.capacity;
}

/** The way of every operation that succeeds: nothing to count, nothing to pay, and no new context. */
export function changesNothing(context: BreakerContext, event: BreakerEvent): boolean {
  const permit = returned(event);
  if (permit === null) return true;
  if (context.budget !== null && movesTokens(context, permit)) return false;
  if (permit.generation !== context.generation || permit.outcome === 'ignored') return true;
  const { window } = context;
  return window.kind === 'consecutive' && window.failures === 0 && permit.outcome === 'success';
}
