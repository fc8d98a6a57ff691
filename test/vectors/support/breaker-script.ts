import { type AnyEventObject, createActor, fromTransition } from 'xstate';
import type { OutcomeKind, PermitDenied, PermitGranted } from '../../../machines/permit.ts';
import { resolveConfig } from '../../../services/config.ts';
import type { TransitionWrite } from '../../../services/ports/persistence.ts';
import type { BreakerRecord, BreakerView, OperationOptions } from '../../../services/ports.ts';
import { resolveBreaker } from '../../../services/runtime/breaker-policy.ts';
import { Breakers } from '../../../services/runtime/breakers.ts';
import type { CommitLog, Row } from '../../../services/runtime/commit-log.ts';
import { Lifecycle } from '../../../services/runtime/lifecycle.ts';
import { SimulatedFailure } from '../../machines/support/simulated-failure.ts';
import { ManualClock } from './manual-clock.ts';

/** One thing that happens to a breaker. Time passes up to `at` first. */
export interface ScriptEvent {
  readonly at: number;
  /** An operation asks for a permit. */
  readonly ask?: string;
  /** Tokens that it still has to pay. */
  readonly cost?: number;
  /** Its permit comes back, with that outcome. */
  readonly back?: string;
  readonly outcome?: OutcomeKind;
  /** Asks and comes back at once. */
  readonly call?: OutcomeKind;
  readonly duration?: number;
  readonly retryAfter?: number;
  readonly charge?: number;
  readonly refund?: number;
  readonly force?: 'isolated' | 'forced_closed' | 'metrics_only';
  readonly ttl?: number;
  readonly reset?: true;
  /** An attempt asks the rate. */
  readonly take?: true;
}

/** What can be seen of the breaker after an event; a vector names what it looks at. */
export interface Seen extends Omit<BreakerView, 'key'> {
  /** `granted`, `denied: <why>`, or what the rate said. */
  readonly answer: string;
  readonly retryAt: number | null;
  /** Instant at which the rate says to ask again. */
  readonly again: number | null;
  readonly reason: string | null;
  readonly transitions: number;
}

export interface BreakerVector {
  readonly name: string;
  readonly source: string;
  /** Where it is not what the source asserts. */
  readonly differs?: string;
  readonly policy: Omit<OperationOptions, 'strategy'>;
  /** What the host draws from, in turn. */
  readonly random?: readonly number[];
  readonly events: readonly ScriptEvent[];
  readonly expect: readonly Partial<Seen>[];
}

const KEY = 'remote';

/** A breaker with its host, its timers and its stored row, in one process after another. */
export class BreakerScript {
  readonly clock = new ManualClock();
  readonly #policy;
  readonly #random: number[];
  readonly #transitions: TransitionWrite[] = [];
  /** The permits that operations hold. */
  readonly #generations = new Map<string, number>();
  /** What is to be written, and what the store has, as text. */
  #row: Row<BreakerRecord> | undefined;
  #stored = '[]';
  #breakers: Breakers;

  constructor(policy: OperationOptions, random: readonly number[] = []) {
    this.#policy = resolveBreaker(policy, resolveConfig());
    this.#random = [...random];
    this.#breakers = this.#boot();
    this.#acquire();
  }

  #boot(): Breakers {
    const log = {
      record: (_: unknown, transition: TransitionWrite) => this.#transitions.push(transition),
      touchBreaker: (row: Row<BreakerRecord>) => {
        this.#row = row;
      },
      forgetBreaker() {},
    };
    const silent = () => {};
    return new Breakers({
      log: log as unknown as CommitLog,
      clock: this.clock,
      logger: { debug: silent, info: silent, warn: silent, error: silent },
      random: () => {
        const draw = this.#random.shift();
        if (draw === undefined) throw new SimulatedFailure('more draws than the vector has');
        return draw;
      },
      lifecycle: new Lifecycle(),
      maxBreakers: () => 10,
    });
  }

  #acquire() {
    return this.#breakers.acquire(KEY, this.#policy);
  }

  /** The process ends, and another one finds the row. */
  restart(): void {
    if (this.#row !== undefined) this.#stored = JSON.stringify([this.#row.write()]);
    this.#row = undefined;
    this.#breakers.stop();
    this.#breakers = this.#boot();
    this.#breakers.restore(JSON.parse(this.#stored) as BreakerRecord[]);
    this.#acquire();
  }

  play(event: ScriptEvent): Seen {
    const { at } = event;
    this.clock.advanceTo(at);
    const actor = this.#acquire();
    let answered: PermitGranted | PermitDenied | undefined;
    let again: number | null = null;
    if (event.ask !== undefined) answered = this.#ask(event.ask, event);
    if (event.call !== undefined) {
      answered = this.#ask('call', event);
      if (answered.type === 'permit.granted') this.#back('call', event.call, event);
    }
    if (event.back !== undefined) this.#back(event.back, event.outcome ?? 'success', event);
    if (event.force !== undefined) {
      const { force: to, ttl } = event;
      actor.send({ type: 'force', to, at, ...(ttl === undefined ? {} : { ttl }) });
    }
    if (event.reset) actor.send({ type: 'reset', at });
    if (event.take) again = this.#breakers.takeRate(KEY, at) ?? null;
    return this.#seen(event, answered, again);
  }

  #ask(operationId: string, { at, cost }: ScriptEvent): PermitGranted | PermitDenied {
    const answers: AnyEventObject[] = [];
    const from = createActor(
      fromTransition((state: object, event: AnyEventObject) => {
        answers.push(event);
        return state;
      }, {}),
    ).start();
    const request = { type: 'permit.request', operationId, from, at, trigger: 'start' } as const;
    this.#acquire().send(cost === undefined ? request : { ...request, cost });
    const answer = answers[0] as PermitGranted | PermitDenied | undefined;
    if (answer === undefined) throw new SimulatedFailure('no answer');
    if (answer.type === 'permit.granted') this.#generations.set(operationId, answer.generation);
    return answer;
  }

  #back(operationId: string, outcome: OutcomeKind, event: ScriptEvent): void {
    const generation = this.#generations.get(operationId);
    if (generation === undefined) throw new SimulatedFailure(`${operationId} holds no permit`);
    this.#generations.delete(operationId);
    const { at, duration, retryAfter, charge, refund } = event;
    this.#acquire().send({
      type: 'permit.return',
      operationId,
      generation,
      outcome,
      at,
      ...(duration === undefined ? {} : { duration }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(charge === undefined ? {} : { charge }),
      ...(refund === undefined ? {} : { refund }),
    });
  }

  #seen(
    event: ScriptEvent,
    answered: PermitGranted | PermitDenied | undefined,
    again: number | null,
  ) {
    const view = this.#breakers.view(KEY);
    if (view === undefined) throw new SimulatedFailure('the breaker is gone');
    const denied = answered?.type === 'permit.denied' ? answered : undefined;
    const taken = event.take ? (again === null ? 'taken' : 'later') : '';
    return {
      ...view,
      answer:
        denied === undefined
          ? answered === undefined
            ? taken
            : 'granted'
          : `denied: ${denied.breaker}`,
      retryAt: denied?.retryAt ?? null,
      again,
      reason: this.#transitions.at(-1)?.reason?.kind ?? null,
      transitions: this.#transitions.length,
    };
  }
}

/** Plays a vector; `restarts` says before which of its events the process dies. */
export function played(
  { policy, random, events }: Pick<BreakerVector, 'policy' | 'random' | 'events'>,
  restarts: (event: number) => boolean,
): Seen[] {
  const script = new BreakerScript(policy as OperationOptions, random);
  return events.map((event, index) => {
    if (restarts(index)) script.restart();
    return script.play(event);
  });
}
