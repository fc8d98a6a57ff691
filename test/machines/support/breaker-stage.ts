import { type AnyEventObject, createActor, fromTransition, type Snapshot } from 'xstate';
import { breakerMachine } from '../../../machines/breaker/machine.ts';
import type { OutcomeKind, PermitDenied, PermitGranted } from '../../../machines/permit.ts';
import { controlled, invoked } from './controlled.ts';
import { SimulatedFailure } from './simulated-failure.ts';

const machine = breakerMachine.provide({ actors: { timer: controlled() } });

interface Outcome {
  readonly operationId?: string;
  readonly generation?: number;
  readonly at?: number;
}

/** A breaker actor whose timers the test ends, asked by operations that only listen. */
export class BreakerStage {
  readonly announced: (number | null)[] = [];
  readonly actor;

  constructor(from: { readonly threshold?: number | null; readonly snapshot?: unknown } = {}) {
    const { threshold = 3, snapshot } = from;
    this.actor = createActor(machine, {
      input: { key: 'host', threshold, openTimeout: 10_000, probeTimeout: 500, at: 0 },
      ...(snapshot === undefined ? {} : { snapshot: snapshot as Snapshot<unknown> }),
    });
    this.actor.on('permits.available', ({ permits }) => this.announced.push(permits));
    this.actor.start();
  }

  /** Asks for a permit; the breaker answers at once. */
  ask(operationId: string, at = 1_000): PermitGranted | PermitDenied {
    const answers: AnyEventObject[] = [];
    const from = createActor(
      fromTransition((state, event: AnyEventObject) => {
        answers.push(event);
        return state;
      }, {}),
    ).start();
    this.actor.send({ type: 'permit.request', operationId, from, at, trigger: 'start' });
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

  #permit(outcome: OutcomeKind, { operationId = 'o', generation, at = 1_000 }: Outcome) {
    return { operationId, generation: generation ?? this.context.generation, outcome, at };
  }

  fail(times: number): this {
    for (let time = 0; time < times; time++) this.back('failure');
    return this;
  }

  timerEnds(at: number): this {
    invoked(this.actor, 'timer').send({ type: 'end', output: { at } });
    return this;
  }

  leaseEnds(at: number): this {
    invoked(this.actor, 'lease').send({ type: 'end', output: { at } });
    return this;
  }

  get value() {
    return this.actor.getSnapshot().value;
  }
  get context() {
    return this.actor.getSnapshot().context;
  }
}
