import type { AnyEventObject } from 'xstate';
import type { OperationPolicy } from '../../../../machines/operation/types.ts';
import type { Random, TransitionWrite } from '../../../../services/ports.ts';
import type { Definition } from '../../../../services/runtime/definition.ts';
import { LiveOperation } from '../../../../services/runtime/live-operation.ts';
import type { Policy } from '../../../../services/runtime/policy.ts';
import type { RecordedTransition } from '../../../../visualizer/chart/evidence.ts';
import {
  type ChartEvent,
  denied,
  everyEvent,
  granted,
  poor,
} from '../../../machines/support/operation-events.ts';
import { OperationStage } from '../../../machines/support/operation-stage.ts';
import { arrowIdOf, leafOfValue, recorded } from './charts.ts';

const ANSWERS: readonly ChartEvent[] = [granted, granted, denied, poor];

/** A real operation actor that is moved at random, with a history that the runtime's own class writes. */
export class OperationWalk {
  readonly history: RecordedTransition[] = [];
  /** Ids of the arrows that were taken for each record. */
  readonly taken: (readonly string[])[] = [];
  /** Those that were taken since the last record. */
  pending: readonly string[] = [];
  readonly #stage: OperationStage;
  readonly #random: Random;

  constructor(policy: Partial<OperationPolicy>, random: Random) {
    this.#random = random;
    this.#stage = new OperationStage({
      policy,
      took: arrow => {
        // What goes nowhere nobody can see.
        if (arrow.target !== undefined) this.pending = [...this.pending, arrowIdOf(arrow)];
      },
    });
    const log = {
      record: (_: unknown, write: TransitionWrite) => this.history.push(recorded(write)),
      touch() {},
      after() {},
    };
    const operation = new LiveOperation(
      {
        id: 'o-1',
        definition: { name: 'test' } as Definition,
        policy: {} as Policy,
        breakerKey: 'test',
        parentId: null,
        lock: undefined,
        args: null,
        metadata: null,
        createdAt: 0,
        stored: false,
        seq: 0,
        state: null,
      },
      log as never,
      { ended() {}, undoing() {}, moved() {} },
    );
    const actor = this.#stage.actor as never;
    operation.follow(actor);
    operation.observe(this.#stage.actor.getSnapshot());
    this.#attribute();
  }

  get leaf(): string {
    return leafOfValue(this.#stage.value);
  }

  get ended(): boolean {
    return this.#stage.actor.getSnapshot().status === 'done';
  }

  /** One event that can happen; a breaker answers at once. */
  step(): void {
    const snapshot = this.#stage.actor.getSnapshot();
    const possible = everyEvent.filter(({ type }) => {
      const actor = /^xstate\.(?:done|error)\.actor\.(.*)$/.exec(type)?.[1];
      return actor === undefined ? !type.startsWith('permit.') : actor in snapshot.children;
    });
    this.#stage.play(this.#one(possible));
    if (this.leaf === 'in_progress.admitting') this.#answer();
    this.#attribute();
  }

  #answer(): void {
    const asked = this.#stage.toldOf('permit.request').at(-1) as AnyEventObject;
    const answer = this.#one(ANSWERS);
    this.#stage.play(
      answer.type === 'permit.granted' ? { ...answer, trigger: asked.trigger } : answer,
    );
  }

  /** Two records at once are a request and its denial. */
  #attribute(): void {
    const records = this.history.length - this.taken.length;
    if (records === 0) return;
    if (records === 1) this.taken.push(this.pending);
    else this.taken.push(this.pending.slice(0, -1), this.pending.slice(-1));
    this.pending = [];
  }

  #one(events: readonly ChartEvent[]): ChartEvent {
    return events[Math.floor(this.#random() * events.length)] as ChartEvent;
  }
}
