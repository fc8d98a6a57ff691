import { transition } from 'xstate';
import type { AttemptOutcome, OperationContext } from '../../machines/operation/types.ts';
import type { Decision } from '../ports.ts';
import { inertMachine } from '../runtime/inert.ts';

/** What the chart makes of the end of an attempt. */
export interface Decided {
  readonly decision: Decision;
  /** Its fallback stands in for that ending. */
  readonly fallback: boolean;
  /** The context after it, with the reason. */
  readonly context: OperationContext;
}

/** Asks the chart itself, without an actor: nothing is started, nothing is told. */
export function decisionOn(context: OperationContext, outcome: AttemptOutcome): Decided {
  // What would be taken back first says nothing about the decision.
  const alike = { ...context, undos: null };
  const running = inertMachine.resolveState({ value: { in_progress: 'running' }, context: alike });
  const done = { type: 'xstate.done.actor.attempt', output: outcome, actorId: 'attempt' };
  const [next] = transition(inertMachine, running, done as never);
  const fallback = next.matches({ in_progress: 'falling_back' });
  const decided = { fallback, context: next.context };
  if (next.matches('success')) return { ...decided, decision: 'succeed' };
  if (next.matches('recovering')) return { ...decided, decision: 'retry' };
  const exhausted = next.matches('exhausted') || next.context.ending?.state === 'exhausted';
  return { ...decided, decision: exhausted ? 'exhaust' : 'fail' };
}
