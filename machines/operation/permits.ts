import type { PermitRequest, PermitReturn } from '../permit.ts';
import type { AttemptOutcome, OperationContext, Outcome, Wait } from './types.ts';

/** What an operation tells its breaker. Pure. */

export const IGNORED: Outcome = Object.freeze({ outcome: 'ignored' });
const SUCCESS: Outcome = Object.freeze({ outcome: 'success' });

/** The request for the next attempt's permit; `cost` only where it has to pay for itself. */
export function request(
  { operationId, wait }: OperationContext,
  from: PermitRequest['from'],
  { at, trigger }: Pick<PermitRequest, 'at' | 'trigger'>,
): PermitRequest {
  const asked = { type: 'permit.request', operationId, from, at, trigger } as const;
  return wait.owed === undefined ? asked : { ...asked, cost: wait.owed };
}

/** How an attempt counts for the breaker. */
export function outcomeOf(context: OperationContext, outcome: AttemptOutcome): Outcome {
  if (outcome.kind === 'succeeded') return successOf(context, outcome.duration);
  if (outcome.kind !== 'failed') return IGNORED;
  const { verdict, duration } = outcome;
  return {
    outcome: verdict.counts ? 'failure' : 'ignored',
    ...(duration === undefined ? {} : { duration }),
    ...(verdict.retryAfter === undefined ? {} : { retryAfter: verdict.retryAfter }),
  };
}

/**
 * A success gives back what the operation's last paid retry has cost, or else the policy's refund: the standard retry quota of the
 * AWS SDKs (https://github.com/smithy-lang/smithy-typescript/blob/main/packages/util-retry/src/StandardRetryStrategy.ts).
 */
function successOf({ policy, wait }: OperationContext, duration: number | undefined): Outcome {
  const refund = policy.budget === undefined ? 0 : (wait.paid ?? policy.budget.refund);
  if (refund === 0 && duration === undefined) return SUCCESS;
  return {
    ...SUCCESS,
    ...(duration === undefined ? {} : { duration }),
    ...(refund === 0 ? {} : { refund }),
  };
}

/** Where the retry that is to come stands with the budget. */
export function payment(context: OperationContext, cost = 0): Pick<Wait, 'owed' | 'paid'> {
  const { paid } = context.wait;
  const { budget } = context.policy;
  if (cost === 0 || budget === undefined) return paid === undefined ? {} : { paid };
  if (budget.whenEmpty === 'fail') return { paid: cost };
  return paid === undefined ? { owed: cost } : { owed: cost, paid };
}

/** The permit as it goes back before the operation's end; null when none is held. */
export function returnAfter(
  context: OperationContext,
  outcome: AttemptOutcome,
): PermitReturn | null {
  const message = outcome.kind === 'failed' ? outcome.error.message : undefined;
  return permit(context, outcomeOf(context, outcome), outcome.at, message);
}

/** The permit as it goes back where its attempt says nothing; null when none is held. */
export const returnIgnored = (context: OperationContext, at: number): PermitReturn | null =>
  permit(context, IGNORED, at, undefined);

/** The same before a retry, which may have a price. */
export function returnBeforeRetry(
  context: OperationContext,
  outcome: AttemptOutcome,
): PermitReturn | null {
  const back = returnAfter(context, outcome);
  const cost = outcome.kind === 'failed' ? outcome.verdict.cost : undefined;
  if (back === null || !cost || context.policy.budget?.whenEmpty !== 'fail') return back;
  return { ...back, charge: cost };
}

/** The permit as it goes back with the final state; null when none is held. */
export function returnAtEnd(context: OperationContext): PermitReturn | null {
  return permit(context, context.outcome, context.last.at, context.error?.message);
}

function permit(
  context: OperationContext,
  outcome: Outcome,
  at: number,
  message: string | undefined,
): PermitReturn | null {
  const { held, operationId } = context;
  if (held === null) return null;
  const told = { operationId, generation: held.generation, at, ...outcome };
  return message === undefined ? told : { ...told, message };
}
