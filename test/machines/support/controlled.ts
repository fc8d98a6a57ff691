import type { AnyActorRef, Snapshot } from 'xstate';
import type { InvokedLogic } from '../../../machines/invoked-logic.ts';
import { SimulatedFailure } from './simulated-failure.ts';

/**
 * Logic of an invoked actor that the test holds in its hand: it ends with the output of `{ type: 'end', output }` and breaks
 * on `{ type: 'break' }`.
 */
export function controlled<Output, Input>(): InvokedLogic<Output, Input> {
  return {
    getInitialSnapshot: (_, input) =>
      ({ status: 'active', output: undefined, error: undefined, input }) as Snapshot<Output>,
    transition(snapshot, event) {
      if (event.type === 'break') throw new SimulatedFailure('it broke');
      if (event.type === 'end') return { status: 'done', output: event.output, error: undefined };
      if (event.type === 'xstate.stop')
        return { ...snapshot, status: 'stopped' } as typeof snapshot;
      return snapshot;
    },
    getPersistedSnapshot: snapshot => snapshot,
    restoreSnapshot: snapshot => snapshot as Snapshot<Output>,
  };
}

/** The actor that a state has invoked, by its id. */
export function invoked(actor: AnyActorRef, id: string): AnyActorRef {
  const child = (actor.getSnapshot() as { children: Record<string, AnyActorRef> }).children[id];
  if (child === undefined) throw new SimulatedFailure(`nothing is invoked as "${id}"`);
  return child;
}

/** What an invoked actor was given. */
export function inputOf(actor: AnyActorRef, id: string): unknown {
  return (invoked(actor, id).getSnapshot() as unknown as { input: unknown }).input;
}

export const roundTripped = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
