import { type ActorRefFrom, createActor, type Snapshot, type SnapshotFrom } from 'xstate';
import { breakerMachine } from '../../machines/breaker/machine.ts';
import type { BreakerInput, BreakerSettings } from '../../machines/breaker/types.ts';
import { planned } from '../interpreter/planned.ts';
import type { BreakerRecord, BreakerState, BreakerView, Clock, Logger } from '../ports.ts';
import type { BreakerPolicy } from './breaker-policy.ts';
import type { CommitLog, Row } from './commit-log.ts';
import { Gates } from './gates.ts';
import type { Lifecycle } from './lifecycle.ts';
import { parseBreakerSnapshot } from './stored-snapshots.ts';
import { timerLogic } from './timers.ts';

type BreakerMachine = typeof breakerMachine;
export type BreakerRef = ActorRefFrom<BreakerMachine>;

const SETTINGS = ['threshold', 'openTimeout', 'probeTimeout'] as const;

/** A breaker actor and its row in the store. */
class BreakerHost implements Row<BreakerRecord> {
  queued = false;
  readonly dropped = false;
  readonly key: string;
  readonly actor: BreakerRef;
  readonly #log: CommitLog;
  #last: SnapshotFrom<BreakerMachine>;

  constructor(actor: BreakerRef, log: CommitLog) {
    this.actor = actor;
    this.#log = log;
    this.#last = actor.getSnapshot();
    this.key = this.#last.context.key;
    actor.subscribe(snapshot => this.#observe(snapshot));
  }

  #observe(snapshot: SnapshotFrom<BreakerMachine>): void {
    const before = this.#last;
    // Every permit goes through here; only what changed the breaker is worth a write.
    if (snapshot.context === before.context) return;
    this.#last = snapshot;
    const { context } = snapshot;
    if (context.seq !== before.context.seq) {
      this.#log.record(this, {
        kind: 'breaker',
        key: this.key,
        seq: context.seq,
        from: stateOf(before),
        to: stateOf(snapshot),
        event: context.event,
        reason: context.reason,
        at: context.at,
      });
    }
    this.#log.touchBreaker(this);
  }

  configure(settings: BreakerSettings): void {
    const { context } = this.#last;
    if (SETTINGS.some(name => context[name] !== settings[name])) {
      this.actor.send({ type: 'configure', ...settings });
    }
  }

  write(): BreakerRecord {
    const { context } = this.#last;
    return {
      key: this.key,
      state: stateOf(this.#last),
      seq: context.seq,
      snapshot: this.actor.getPersistedSnapshot(),
      updatedAt: context.at,
    };
  }

  written(): void {}

  view(): BreakerView {
    const { failures, generation, openUntil } = this.#last.context;
    return { key: this.key, state: stateOf(this.#last), failures, generation, openUntil };
  }
}

function stateOf({ value }: SnapshotFrom<BreakerMachine>): BreakerState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as BreakerState;
}

/** The breaker actors, one for each key, and the operations that wait at them. */
export class Breakers {
  readonly gates: Gates;
  readonly #machine: BreakerMachine;
  readonly #hosts = new Map<string, BreakerHost>();
  readonly #log: CommitLog;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(log: CommitLog, clock: Clock, logger: Logger, lifecycle: Lifecycle) {
    this.#log = log;
    this.#clock = clock;
    this.#logger = logger;
    this.gates = new Gates(clock, lifecycle);
    this.#machine = planned(
      breakerMachine.provide({ actors: { timer: timerLogic(clock, lifecycle) } }),
    );
  }

  /** Brings the stored breakers to life. One whose snapshot does not fit begins anew, closed, with a warning. */
  restore(records: readonly BreakerRecord[]): void {
    for (const { key, snapshot } of records) {
      const parsed = parseBreakerSnapshot(snapshot);
      if (parsed.ok) {
        const snapshot = parsed.snapshot as Snapshot<unknown>;
        const input = undefined as unknown as BreakerInput;
        this.#host(key, createActor(this.#machine, { id: key, input, snapshot }));
      } else this.#logger.warn({ key, why: parsed.why }, 'a stored circuit breaker does not fit');
    }
  }

  /** The breaker of a key, made on first use; `settings` apply from now on. */
  acquire(key: string, { settings }: BreakerPolicy): BreakerRef {
    const host = this.#hosts.get(key);
    if (host !== undefined) {
      host.configure(settings);
      return host.actor;
    }
    const input = { key, at: this.#clock.now(), ...settings };
    return this.#host(key, createActor(this.#machine, { id: key, input })).actor;
  }

  #host(key: string, actor: BreakerRef): BreakerHost {
    const host = new BreakerHost(actor, this.#log);
    this.#hosts.set(key, host);
    actor.on('permits.available', ({ permits }) => this.gates.release(key, permits));
    actor.start();
    return host;
  }

  view(key: string): BreakerView | undefined {
    return this.#hosts.get(key)?.view();
  }

  views(): BreakerView[] {
    return [...this.#hosts.values()].map(host => host.view());
  }

  stop(): void {
    for (const { actor } of this.#hosts.values()) actor.stop();
  }
}
