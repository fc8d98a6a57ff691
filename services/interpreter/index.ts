/** The charts' interpreter: XState's own, with what does not depend on context or event worked out once. See `planned.ts`. */
import { type AnyActorLogic, type AnyActorRef, type AnyStateMachine, createActor } from 'xstate';
import { type ChildOptions, filledChild } from './lean-actor.ts';
import { plannedMachine } from './planned.ts';
import { passesTrial } from './trial.ts';

let trusted: boolean | undefined;

function isTrusted(): boolean {
  trusted ??= passesTrial(plannedMachine, filledChild);
  return trusted;
}

/** The machine with its transitions worked out once; the machine as it is where the installed XState is not the one that this was made for. */
export const planned = <M extends AnyStateMachine>(machine: M): M =>
  isTrusted() ? plannedMachine(machine) : machine;

/** What `createActor` gives for a child actor. */
export const createChild = (logic: AnyActorLogic, options: ChildOptions): AnyActorRef =>
  isTrusted() ? filledChild(logic, options) : createActor(logic, options as object);
