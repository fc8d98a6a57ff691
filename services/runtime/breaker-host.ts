import type { ActorRefFrom, SnapshotFrom } from 'xstate';
import { tokensAt } from '../../machines/breaker/budget.ts';
import type { breakerMachine } from '../../machines/breaker/machine.ts';
import { rates } from '../../machines/breaker/window.ts';
import type { BreakerRecord, BreakerState, BreakerView, Clock } from '../ports.ts';
import type { BreakerPolicy } from './breaker-policy.ts';
import type { CommitLog, Row } from './commit-log.ts';
import type { Link } from './least-recently-used.ts';

export type BreakerMachine = typeof breakerMachine;
export type BreakerRef = ActorRefFrom<BreakerMachine>;
type BreakerSnapshot = SnapshotFrom<BreakerMachine>;

/** A breaker actor and its row in the store. */
export class BreakerHost implements Row<BreakerRecord>, Link {
  queued = false;
  /** It has been forgotten: nothing of it is written any more. */
  dropped = false;
  /** Operations of its key that live here. */
  users = 0;
  previous: Link | null = null;
  next: Link | null = null;
  readonly key: string;
  readonly actor: BreakerRef;
  readonly #log: CommitLog;
  readonly #clock: Clock;
  #last: BreakerSnapshot;
  /** When what it knows changed last. */
  #changedAt: number;
  /** The store has a row of it, or is about to. */
  #stored: boolean;

  /** @param storedAt when its stored row was written; undefined for a new one */
  constructor(actor: BreakerRef, log: CommitLog, clock: Clock, storedAt?: number) {
    this.actor = actor;
    this.#log = log;
    this.#clock = clock;
    this.#last = actor.getSnapshot();
    this.#stored = storedAt !== undefined;
    this.#changedAt = storedAt ?? clock.now();
    this.key = this.#last.context.key;
    actor.subscribe(snapshot => this.#observe(snapshot));
  }

  #observe(snapshot: BreakerSnapshot): void {
    const before = this.#last;
    // Every permit goes through here; only what changed the breaker is worth a write.
    if (snapshot.context === before.context) return;
    this.#last = snapshot;
    this.#stored = true;
    this.#changedAt = this.#clock.now();
    const { context } = snapshot;
    if (context.last.seq !== before.context.last.seq) {
      this.#log.record(this, {
        kind: 'breaker',
        key: this.key,
        from: stateOf(before),
        to: stateOf(snapshot),
        ...context.last,
      });
    }
    this.#log.touchBreaker(this);
  }

  /** Newer settings replace older ones; of the same version, the first ones stay. */
  configure({ settings, fallback }: BreakerPolicy): void {
    const { context } = this.#last;
    const made = context.settings === settings && settings.mode === 'metrics_only';
    if (settings.version > context.settings.version || (made && this.#last.matches('closed'))) {
      this.actor.send({ type: 'configure', settings, at: this.#clock.now() });
      this.actor.send({ type: 'open_time.drawn', delay: fallback });
    }
  }

  /** Whether nothing would be lost with it. What stands in the next commit is not lost before it is written. */
  forgettable(now: number): boolean {
    if (this.queued) return false;
    const { window, nextOpen, budget, settings, rate } = this.#last.context;
    if (!this.#last.matches('closed')) return false;
    if (budget !== null && settings.budget !== null) {
      if (tokensAt(budget, settings.budget, now) < settings.budget.capacity) return false;
    }
    if (rate !== null && rate > now) return false;
    return rates(window, now).failures === 0 || now - this.#changedAt > nextOpen.delay;
  }

  /** Lets go of the actor and of the row. */
  forget(): void {
    this.dropped = true;
    this.actor.stop();
    if (this.#stored) this.#log.forgetBreaker(this.key);
  }

  write(): BreakerRecord {
    return {
      key: this.key,
      state: stateOf(this.#last),
      seq: this.#last.context.last.seq,
      snapshot: this.actor.getPersistedSnapshot(),
      updatedAt: this.#changedAt,
    };
  }

  written(): void {}

  view(): BreakerView {
    const { window, generation, openUntil } = this.#last.context;
    const { failures } = rates(window, this.#clock.now());
    return { key: this.key, state: stateOf(this.#last), failures, generation, openUntil };
  }
}

function stateOf({ value }: BreakerSnapshot): BreakerState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as BreakerState;
}
