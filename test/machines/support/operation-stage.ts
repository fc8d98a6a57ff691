import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyTransitionDefinition,
  createActor,
  fromTransition,
  type Snapshot,
} from 'xstate';
import { operationMachine } from '../../../machines/operation/machine.ts';
import type { OperationInput, OperationPolicy } from '../../../machines/operation/types.ts';
import { controlled, invoked } from './controlled.ts';
import { AT, type ChartEvent, policy } from './operation-events.ts';

export const machine = operationMachine.provide({
  actors: {
    attempt: controlled(),
    timer: controlled(),
    gate: controlled(),
    slot: controlled(),
    fallback: controlled(),
    undo: controlled(),
  },
});

const input = (changed: Partial<OperationPolicy>): OperationInput => ({
  operationId: 'o-1',
  name: 'test',
  policy: { ...policy, ...changed },
  at: 1_000,
});

/** How each of the chart's events reaches a real actor: invoked actors end, everything else is sent. */
const EXECUTORS: Readonly<Record<string, (actor: AnyActorRef, event: AnyEventObject) => void>> = {
  start: (actor, event) => actor.send(event),
  expire: (actor, event) => actor.send(event),
  cancel: (actor, event) => actor.send(event),
  'lock.wait': (actor, event) => actor.send(event),
  'lock.granted': (actor, event) => actor.send(event),
  'undo.registered': (actor, event) => actor.send(event),
  pause: (actor, event) => actor.send(event),
  resume: (actor, event) => actor.send(event),
  'permit.granted': (actor, event) => actor.send(event),
  'permit.denied': (actor, event) => actor.send(event),
  'xstate.done.actor.attempt': (actor, { output }) =>
    invoked(actor, 'attempt').send({ type: 'end', output }),
  'xstate.error.actor.attempt': actor => invoked(actor, 'attempt').send({ type: 'break' }),
  'xstate.done.actor.timer': (actor, { output }) =>
    invoked(actor, 'timer').send({ type: 'end', output }),
  'xstate.done.actor.gate': (actor, { output }) =>
    invoked(actor, 'gate').send({ type: 'end', output }),
  'xstate.done.actor.slot': (actor, { output }) =>
    invoked(actor, 'slot').send({ type: 'end', output }),
  'xstate.done.actor.fallback': (actor, { output }) =>
    invoked(actor, 'fallback').send({ type: 'end', output }),
  'xstate.error.actor.fallback': actor => invoked(actor, 'fallback').send({ type: 'break' }),
  'xstate.done.actor.undo': (actor, { output }) =>
    invoked(actor, 'undo').send({ type: 'end', output }),
  'xstate.error.actor.undo': actor => invoked(actor, 'undo').send({ type: 'break' }),
};

export const executable = new Set(Object.keys(EXECUTORS));

/** An operation actor below a parent that answers nothing by itself and keeps what it is told. */
export class OperationStage {
  readonly told: AnyEventObject[] = [];
  /** Transitions of the chart that it took. */
  readonly arrows = new Set<unknown>();
  readonly actor;

  constructor(
    from: {
      readonly policy?: Partial<OperationPolicy>;
      readonly snapshot?: unknown;
      /** Told of each transition of the chart, each time. */
      readonly took?: (arrow: AnyTransitionDefinition) => void;
    } = {},
  ) {
    const parent = createActor(
      fromTransition((_, event: AnyEventObject) => {
        this.told.push(event);
        return {};
      }, {}),
      {
        inspect: event => {
          if (event.type !== '@xstate.microstep' || event.actorRef !== this.actor) return;
          for (const arrow of event._transitions) {
            this.arrows.add(arrow);
            from.took?.(arrow);
          }
        },
      },
    ).start();
    this.actor = createActor(machine, {
      id: 'operation.test',
      parent,
      input: input(from.policy ?? {}),
      ...(from.snapshot === undefined ? {} : { snapshot: from.snapshot as Snapshot<unknown> }),
    });
    this.actor.start();
  }

  /** Plays events; those that the present state has no arrow for change nothing, as in the chart. */
  play(...events: readonly ChartEvent[]): this {
    for (const event of events) EXECUTORS[event.type]?.(this.actor, event);
    return this;
  }

  get value() {
    return this.actor.getSnapshot().value;
  }
  get context() {
    return this.actor.getSnapshot().context;
  }
  /** What the parent was told, by type. */
  toldOf(type: string): AnyEventObject[] {
    return this.told.filter(event => event.type === type);
  }
}

export { AT };
