import { isDeepStrictEqual } from 'node:util';
import type { ActorRefFrom, SnapshotFrom } from 'xstate';
import { tokensAt } from '../../machines/breaker/budget.ts';
import { forgettable } from '../../machines/breaker/knowledge.ts';
import type { breakerMachine } from '../../machines/breaker/machine.ts';
import { conformsAt } from '../../machines/breaker/rate.ts';
import type { BreakerSettings } from '../../machines/breaker/types.ts';
import { rates } from '../../machines/breaker/window.ts';
import type { BreakerRecord, BreakerState, BreakerView, Clock, Logger, Random } from '../ports.ts';
import type { BreakerPolicy } from './breaker-policy.ts';
import { settingsView } from './breaker-settings-view.ts';
import type { CommitLog, Row } from './commit-log.ts';
import type { Link } from './least-recently-used.ts';
import { drawnOpenTime } from './open-times.ts';

export type BreakerMachine = typeof breakerMachine;
export type BreakerRef = ActorRefFrom<BreakerMachine>;
type BreakerSnapshot = SnapshotFrom<BreakerMachine>;

/** What hosts have in common. */
export interface HostSurroundings {
  readonly log: Pick<CommitLog, 'record' | 'touchBreaker' | 'forgetBreaker'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

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
  readonly #around: HostSurroundings;
  #last: BreakerSnapshot;
  /** When what it knows changed last. */
  #changedAt: number;
  /** The store has a row of it, or is about to. */
  #stored: boolean;
  /** Whose settings it has; undefined while no definition of this process has used it. */
  #policy: BreakerPolicy | undefined;
  /** Policies of other definitions that say the same. */
  #same: WeakSet<BreakerPolicy> | undefined;
  #warned = false;

  /** @param storedAt when its stored row was written; undefined for a new one */
  constructor(actor: BreakerRef, around: HostSurroundings, storedAt?: number) {
    this.actor = actor;
    this.#around = around;
    this.#last = actor.getSnapshot();
    this.#stored = storedAt !== undefined;
    this.#changedAt = storedAt ?? around.clock.now();
    this.key = this.#last.context.key;
    actor.subscribe(snapshot => this.#observe(snapshot));
  }

  #observe(snapshot: BreakerSnapshot): void {
    const before = this.#last;
    // Every permit goes through here; only what changed the breaker is worth a write.
    if (snapshot.context === before.context) return;
    this.#last = snapshot;
    this.#stored = true;
    this.#changedAt = this.#around.clock.now();
    const { context } = snapshot;
    const { seq, event, reason, at } = context.last;
    if (seq !== before.context.last.seq) {
      const [from, to] = [stateOf(before), stateOf(snapshot)];
      const { log } = this.#around;
      log.record(this, { kind: 'breaker', key: this.key, seq, from, to, event, reason, at });
    }
    this.#around.log.touchBreaker(this);
    if (context.openings !== before.context.openings) this.#drawAhead();
  }

  /** Takes the settings of a definition that begins to use it. */
  configure(policy: BreakerPolicy): void {
    // The way of every operation.
    if (policy === this.#policy) return;
    const before = this.#policy;
    if (before !== undefined && policy.settings.version <= before.settings.version) {
      if (policy.settings.version === before.settings.version) this.#compare(policy, before);
      return;
    }
    this.#policy = policy;
    this.#same = undefined;
    const { settings } = policy;
    // The same settings under a new version are no news, and a half-open phase would count anew.
    if (!sameSettings(settings, this.#last.context.settings) || this.#isToObserve()) {
      this.actor.send({ type: 'configure', at: this.#around.clock.now(), settings });
    }
    this.#drawAhead(before !== undefined && before.openTimeout !== policy.openTimeout);
  }

  /** A chart begins in one state only; where it shall only count, it is told so. */
  #isToObserve(): boolean {
    const { settings, last } = this.#last.context;
    return settings.mode === 'metrics_only' && last.seq === 0;
  }

  /** Definitions that share a key ought to agree: the one that was first under this version of the configuration has its way. */
  #compare(policy: BreakerPolicy, mine: BreakerPolicy): void {
    if (this.#warned || this.#same?.has(policy) === true) return;
    if (sameSettings(policy.settings, mine.settings) && sameOpenTime(policy, mine)) {
      this.#same ??= new WeakSet();
      this.#same.add(policy);
      return;
    }
    this.#warned = true;
    this.#around.logger.warn(
      { key: this.key },
      'definitions share a circuit breaker and differ in its settings',
    );
  }

  /**
   * Draws the time of the next opening, unless that is done.
   * @param anew even if so, since another strategy says it
   */
  #drawAhead(anew = false): void {
    const policy = this.#policy;
    if (policy === undefined) return;
    const { nextOpen, openings } = this.#last.context;
    if (typeof policy.openTimeout === 'number') {
      if (nextOpen.delay === policy.openTimeout && nextOpen.opening === undefined) return;
      this.actor.send({ type: 'open_time.drawn', delay: policy.openTimeout });
      return;
    }
    const opening = openings + 1;
    if (nextOpen.opening === opening && !anew) return;
    const earlier = openings > 0 && nextOpen.opening === openings ? nextOpen : undefined;
    const drawn = drawnOpenTime(policy, opening, earlier, { key: this.key, ...this.#around });
    this.actor.send({ type: 'open_time.drawn', ...drawn, opening });
  }

  /** Takes one attempt of the rate: undefined when there was one, else the instant at which it is worth asking again. */
  takeRate(now: number): number | undefined {
    const { rate, settings } = this.#last.context;
    if (settings.rate === null) return undefined;
    const instant = conformsAt(rate, settings.rate, now);
    if (instant > now) return instant;
    this.actor.send({ type: 'rate.take', at: now });
    return undefined;
  }

  /** Tokens of the budget; `null` where it has none. */
  tokens(now: number): number | null {
    const { budget, settings } = this.#last.context;
    if (budget === null || settings.budget === null) return null;
    return tokensAt(budget, settings.budget, now);
  }

  get state(): BreakerState {
    return stateOf(this.#last);
  }

  /** Whether nothing would be lost with it. What stands in the next commit is not lost before it is written. */
  forgettable(now: number): boolean {
    if (this.queued) return false;
    return forgettable(this.state, this.#last.context, this.#changedAt, now);
  }

  /** Lets go of the actor and of the row. */
  forget(): void {
    this.dropped = true;
    this.actor.stop();
    if (this.#stored) this.#around.log.forgetBreaker(this.key);
  }

  write(): BreakerRecord {
    return {
      key: this.key,
      state: this.state,
      seq: this.#last.context.last.seq,
      snapshot: this.actor.getPersistedSnapshot(),
      updatedAt: this.#changedAt,
    };
  }

  written(): void {}

  view(): BreakerView {
    const now = this.#around.clock.now();
    const { context } = this.#last;
    const { window, generation, openings, openUntil, probes, override } = context;
    return {
      key: this.key,
      state: this.state,
      ...rates(window, now),
      generation,
      openings,
      openUntil,
      probes: probes.length,
      tokens: this.tokens(now),
      override,
      operations: this.users,
      settings: settingsView(context.settings, context.nextOpen),
    };
  }
}

const sameSettings = (one: BreakerSettings, other: BreakerSettings): boolean =>
  one === other || isDeepStrictEqual({ ...one, version: 0 }, { ...other, version: 0 });

const sameOpenTime = (one: BreakerPolicy, other: BreakerPolicy): boolean =>
  one.openTimeout === other.openTimeout && one.fallback === other.fallback;

function stateOf({ value }: BreakerSnapshot): BreakerState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as BreakerState;
}
