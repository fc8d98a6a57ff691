import type { AnyActorRef } from 'xstate';
import { breakerMachine } from '../../machines/breaker/machine.ts';
import type { InvokedLogic } from '../../machines/invoked-logic.ts';
import { operationMachine } from '../../machines/operation/machine.ts';
import type {
  AttemptInput,
  GateInput,
  SlotInput,
  TimerInput,
} from '../../machines/operation/types.ts';
import { planned } from '../interpreter/index.ts';
import { type Begin, waiting } from './timers.ts';

/** What the actors begin that the charts invoke, by their names in the charts. One that is not there never ends. */
export interface ChartActors {
  timer: Begin<TimerInput>;
  attempt?: Begin<AttemptInput>;
  fallback?: Begin<AttemptInput>;
  undo?: Begin<AttemptInput>;
  slot?: Begin<SlotInput>;
  gate?: Begin<GateInput>;
}

type System = AnyActorRef['system'];
const hosts = new WeakMap<System, ChartActors>();

/** Says what the actors begin in the system of this root, a breaker with its operations. It has not started yet. */
export function hostActors(root: AnyActorRef, actors: ChartActors): void {
  hosts.set(root.system, actors);
}

function hosted<Input, Output>(begins: (actors: ChartActors) => Begin<Input> | undefined) {
  return waiting<Input, Output>((input, self, restored) => {
    const actors = hosts.get(self.system);
    return actors && begins(actors)?.(input, self, restored);
  }) satisfies InvokedLogic<Output, Input>;
}

let operation: typeof operationMachine | undefined;
let breaker: typeof breakerMachine | undefined;

/**
 * The chart of an operation, whose actors ask their host what to begin. It is one for all recoveries of the process: what is worked out of a chart,
 * its transitions and their plans, takes longer than the whole life of a short operation.
 */
export function hostedOperationMachine(): typeof operationMachine {
  operation ??= planned(
    operationMachine.provide({
      actors: {
        attempt: hosted(actors => actors.attempt),
        fallback: hosted(actors => actors.fallback),
        undo: hosted(actors => actors.undo),
        slot: hosted(actors => actors.slot),
        timer: hosted(actors => actors.timer),
        gate: hosted(actors => actors.gate),
      },
    }),
  );
  return operation;
}

/** The chart of a breaker, likewise. */
export function hostedBreakerMachine(): typeof breakerMachine {
  breaker ??= planned(breakerMachine.provide({ actors: { timer: hosted(({ timer }) => timer) } }));
  return breaker;
}
