import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyTransitionDefinition,
  createActor,
  fromTransition,
  type Snapshot,
} from 'xstate';
import { breakerMachine } from '../../../machines/breaker/machine.ts';
import type { BreakerSettings, ForceOrder, OpenTime } from '../../../machines/breaker/types.ts';
import { rates } from '../../../machines/breaker/window.ts';
import type { Rates } from '../../../machines/breaker/window-types.ts';
import type { OutcomeKind, PermitDenied, PermitGranted } from '../../../machines/permit.ts';
import { settingsOf } from './breaker-settings.ts';
import { controlled, invoked, roundTripped } from './controlled.ts';
import { SimulatedFailure } from './simulated-failure.ts';

export const machine = breakerMachine.provide({ actors: { timer: controlled() } });

const listener = createActor(fromTransition(state => state, {})).start();

interface Outcome {
  readonly operationId?: string;
  readonly generation?: number;
  readonly at?: number;
  readonly message?: string;
  readonly duration?: number;
  readonly retryAfter?: number;
  readonly charge?: number;
  readonly refund?: number;
}

interface From {
  readonly threshold?: number | null;
  readonly settings?: Partial<BreakerSettings>;
  readonly openTime?: OpenTime;
  readonly snapshot?: unknown;
  /** Told of each transition of the chart, each time. */
  readonly took?: (arrow: AnyTransitionDefinition) => void;
}

/** A breaker actor whose timers the test ends, asked by operations that only listen. */
export class BreakerStage {
  readonly announced: (number | null)[] = [];
  /** Transitions of the chart that it took. */
  readonly arrows = new Set<unknown>();
  readonly actor;

  constructor({
    threshold = 3,
    settings,
    openTime = { delay: 10_000 },
    snapshot,
    took,
  }: From = {}) {
    const window = { kind: 'consecutive', threshold } as const;
    this.actor = createActor(machine, {
      input: {
        key: 'host',
        settings: settingsOf({ window, ...settings }),
        nextOpen: openTime,
        at: 0,
      },
      inspect: event => {
        if (event.type !== '@xstate.microstep' || event.actorRef !== this.actor) return;
        for (const arrow of event._transitions) {
          this.arrows.add(arrow);
          took?.(arrow);
        }
      },
      ...(snapshot === undefined ? {} : { snapshot: snapshot as Snapshot<unknown> }),
    });
    this.actor.on('permits.available', ({ permits }) => this.announced.push(permits));
    this.actor.start();
  }

  /** Sends what only listens to the answer, or ends an invoked actor, where it is there. */
  play(...events: readonly AnyEventObject[]): this {
    for (const event of events) {
      const timer = /^xstate\.done\.actor\.(timer|lease|override)$/.exec(event.type)?.[1];
      if (event.type === 'permit.request') this.actor.send({ ...event, from: listener } as never);
      else if (event.type === 'operation.stop') this.#stopOne();
      else if (timer === undefined) this.actor.send(event as never);
      else this.#children[timer]?.send({ type: 'end', output: event.output });
    }
    return this;
  }

  #stopOne(): void {
    const ref = createActor(
      fromTransition(state => state, {}),
      { parent: this.actor },
    ).start();
    this.actor.send({ type: 'operation.stop', ref });
  }

  get #children(): Readonly<Record<string, AnyActorRef | undefined>> {
    return this.actor.getSnapshot().children;
  }

  /** Asks for a permit; the breaker answers at once. */
  ask(operationId: string, at = 1_000, cost?: number): PermitGranted | PermitDenied {
    const answers: AnyEventObject[] = [];
    const from = createActor(
      fromTransition((state, event: AnyEventObject) => {
        answers.push(event);
        return state;
      }, {}),
    ).start();
    const request = { type: 'permit.request', operationId, from, at, trigger: 'start' } as const;
    this.actor.send(cost === undefined ? request : { ...request, cost });
    const [answer] = answers;
    if (answers.length === 1) return answer as PermitGranted | PermitDenied;
    throw new SimulatedFailure(`${answers.length} answers`);
  }

  /** Gives a permit back, of the present generation unless told otherwise. */
  back(outcome: OutcomeKind, given: Outcome = {}): this {
    this.actor.send({ type: 'permit.return', ...this.#permit(outcome, given) });
    return this;
  }

  /** An operation ends with a permit in its hand. */
  ends(outcome: OutcomeKind, given: Outcome = {}): this {
    const output = { permit: this.#permit(outcome, given) };
    this.actor.send({ type: 'xstate.done.actor.operation.test', output });
    return this;
  }

  #permit(outcome: OutcomeKind, { operationId = 'o', at = 1_000, ...given }: Outcome) {
    return { operationId, generation: this.context.generation, outcome, at, ...given };
  }

  fail(times: number): this {
    for (let time = 0; time < times; time++) this.back('failure');
    return this;
  }

  timerEnds(at: number): this {
    return this.#end('timer', at);
  }

  leaseEnds(at: number): this {
    return this.#end('lease', at);
  }

  overrideEnds(at: number): this {
    return this.#end('override', at);
  }

  #end(timer: string, at: number): this {
    invoked(this.actor, timer).send({ type: 'end', output: { at } });
    return this;
  }

  configure(settings: BreakerSettings, at = 1_000): this {
    this.actor.send({ type: 'configure', settings, at });
    return this;
  }

  force(to: ForceOrder['to'], order: Omit<Partial<ForceOrder>, 'type' | 'to'> = {}): this {
    this.actor.send({ type: 'force', to, at: 1_000, ...order });
    return this;
  }

  reset(at = 1_000): this {
    this.actor.send({ type: 'reset', at });
    return this;
  }

  /** Persisted, stopped, and brought back from JSON. */
  restarted(): BreakerStage {
    const snapshot = roundTripped(this.actor.getPersistedSnapshot());
    this.actor.stop();
    return new BreakerStage({ snapshot });
  }

  rates(at = 1_000): Rates {
    return rates(this.context.window, at);
  }

  get value() {
    return this.actor.getSnapshot().value;
  }
  get context() {
    return this.actor.getSnapshot().context;
  }
}
