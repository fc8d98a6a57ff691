import type { AnyEventObject } from 'xstate';
import type { BreakerSettings } from '../../../../machines/breaker/types.ts';
import type { Random, TransitionWrite } from '../../../../services/ports.ts';
import { BreakerHost } from '../../../../services/runtime/breaker-host.ts';
import type { RecordedTransition } from '../../../../visualizer/chart/evidence.ts';
import type { ScriptedEvent } from '../../../machines/support/breaker-events.ts';
import { BreakerStage } from '../../../machines/support/breaker-stage.ts';
import { arrowIdOf, leafOfValue, recorded } from './charts.ts';

/** A real breaker actor that is moved at random, with a history that the runtime's own class writes. */
export class BreakerWalk {
  readonly history: RecordedTransition[] = [];
  /** The leaf right after each record. */
  readonly leaves: string[] = [];
  /** Ids of the arrows that were taken for each record. */
  readonly taken: (readonly string[])[] = [];
  /** Those that were taken since the last record. */
  pending: readonly string[] = [];
  readonly #stage: BreakerStage;
  readonly #random: Random;
  readonly #events: readonly ScriptedEvent[];

  constructor(settings: BreakerSettings, events: readonly ScriptedEvent[], random: Random) {
    this.#random = random;
    this.#events = events;
    this.#stage = new BreakerStage({
      settings,
      took: arrow => {
        this.pending = [...this.pending, arrowIdOf(arrow)];
      },
    });
    const log = {
      record: (_: unknown, write: TransitionWrite) => {
        this.history.push(recorded(write));
        this.leaves.push(this.leaf);
        this.taken.push(this.pending);
        this.pending = [];
      },
      touchBreaker() {},
      forgetBreaker() {},
    };
    new BreakerHost(this.#stage.actor as never, {
      log: log as never,
      clock: { now: () => 1_000, setTimeout: () => 0, clearTimeout() {} },
      random,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
  }

  get leaf(): string {
    return leafOfValue(this.#stage.value);
  }

  step(): void {
    const event = this.#events[Math.floor(this.#random() * this.#events.length)] as ScriptedEvent;
    this.#stage.play(this.#concrete(event));
  }

  #concrete(event: ScriptedEvent): AnyEventObject {
    const { generation, settings } = this.#stage.context;
    if (event.type === 'configure') {
      const next = { ...settings, ...event.changed, version: settings.version + 1 };
      return { type: 'configure', at: 1_000, settings: next };
    }
    if (!('permit' in event)) return event;
    const permit = { ...event.permit, generation: event.late ? generation - 1 : generation };
    return event.type === 'permit.return'
      ? { type: event.type, ...permit }
      : { type: event.type, output: { permit } };
  }
}
