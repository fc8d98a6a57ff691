import { createActor, type Snapshot } from 'xstate';
import { affords } from '../../machines/breaker/budget.ts';
import type { BreakerInput, ForceOrder, ResetOrder } from '../../machines/breaker/types.ts';
import type { BreakerRecord, BreakerView } from '../ports.ts';
import { BreakerHost, type BreakerRef, type HostSurroundings } from './breaker-host.ts';
import type { BreakerPolicy } from './breaker-policy.ts';
import { type ChartActors, hostActors, hostedBreakerMachine } from './chart-actors.ts';
import { Gates } from './gates.ts';
import { LeastRecentlyUsed } from './least-recently-used.ts';
import type { Lifecycle } from './lifecycle.ts';
import { drawnOpenTime } from './open-times.ts';
import { parseBreakerSnapshot } from './stored-breakers.ts';
import { timer } from './timers.ts';

export type { BreakerRef } from './breaker-host.ts';

export interface BreakersOptions extends HostSurroundings {
  readonly lifecycle: Lifecycle;
  /** How many may be kept, as configured at the moment. */
  readonly maxBreakers: () => number;
  /** Told of each breaker before its actor starts. */
  readonly born?: (actor: BreakerRef) => void;
}

/** Breakers that `health()` lists: keys must not grow without end where it is scraped. */
const LISTED = 100;

/** Idle breakers that are looked at when there are too many: enough to catch up, few enough for the way of an operation. */
const LOOKS = 16;

/**
 * The breaker actors, one for each key, and the operations that wait at them. Beyond `maxBreakers` those are forgotten, in memory and store,
 * that no operation uses and whose loss nobody would notice.
 */
export class Breakers {
  readonly gates: Gates;
  readonly #options: BreakersOptions;
  readonly #actors: ChartActors;
  readonly #hosts = new Map<string, BreakerHost>();
  /** Those that no operation uses. */
  readonly #idle = new LeastRecentlyUsed<BreakerHost>();
  #warned = false;

  constructor(options: BreakersOptions) {
    const { clock, lifecycle } = options;
    this.#options = options;
    this.gates = new Gates({
      clock,
      lifecycle,
      canPay: (key, cost) => this.canPay(key, cost, clock.now()),
    });
    this.#actors = { timer: timer(clock, lifecycle) };
  }

  /** Says what the actors of operations begin: operations live in the systems of their breakers. */
  host(actors: Omit<ChartActors, 'timer'>): void {
    Object.assign(this.#actors, actors);
  }

  /** Brings the stored breakers to life. One whose snapshot does not fit begins anew, closed, with a warning. */
  restore(records: readonly BreakerRecord[]): void {
    const inOrder = [...records].sort((a, b) => a.updatedAt - b.updatedAt);
    for (const { key, snapshot, updatedAt } of inOrder) {
      const parsed = parseBreakerSnapshot(snapshot);
      if (parsed.ok) {
        const snapshot = parsed.snapshot as Snapshot<unknown>;
        const input = undefined as unknown as BreakerInput;
        this.#host(
          key,
          createActor(hostedBreakerMachine(), { id: key, input, snapshot }),
          updatedAt,
        );
      } else {
        const { logger } = this.#options;
        logger.warn({ key, why: parsed.why }, 'a stored circuit breaker does not fit');
      }
    }
    this.#forgetSurplus(this.#hosts.size);
  }

  get size(): number {
    return this.#hosts.size;
  }

  /** The breaker of a key for one more operation, made on first use. Whoever acquires it releases it. */
  acquire(key: string, policy: BreakerPolicy): BreakerRef {
    const host = this.#hosts.get(key) ?? this.#make(key, policy);
    host.configure(policy);
    if (host.users++ === 0) this.#idle.remove(host);
    this.#forgetSurplus();
    return host.actor;
  }

  /** An operation that acquired it is over. */
  release(key: string): void {
    const host = this.#hosts.get(key);
    if (host === undefined || --host.users > 0) return;
    this.#idle.add(host);
    this.#forgetSurplus();
  }

  /** The breaker of an operation that has acquired it. */
  of(key: string): BreakerRef | undefined {
    return this.#hosts.get(key)?.actor;
  }

  /** Has the breaker of an operation that is to come, so that its rate can be asked for. */
  prepare(key: string, policy: BreakerPolicy): void {
    // What is refused for want of room never acquires its breaker: others have to go before this one comes.
    if (!this.#hosts.has(key)) this.#forgetSurplus();
    const host = this.#hosts.get(key) ?? this.#make(key, policy);
    // A stored one may be of other settings. It is not forgotten before its operation has acquired it.
    host.configure(policy);
  }

  /** Takes one attempt of a key's rate: undefined when there was one, else the instant at which it is worth asking again. */
  takeRate(key: string, now: number): number | undefined {
    return this.#hosts.get(key)?.takeRate(now);
  }

  /** Whether the budget of a key can pay so many tokens. Also amid what the breaker announces, when its host has not seen that yet. */
  canPay(key: string, cost: number, now: number): boolean {
    const host = this.#hosts.get(key);
    if (host === undefined) return true;
    const { budget, settings } = host.actor.getSnapshot().context;
    if (budget === null || settings.budget === null) return true;
    return affords(budget, settings.budget, cost, now);
  }

  /** An operation that was let ask has gone before it could. */
  passTurn(key: string): void {
    this.of(key)?.send({ type: 'turn.passed' });
  }

  /** Carries out an operator's order; one that nothing has used yet is made. Unused ones with an order in force are kept. */
  order(key: string, order: ForceOrder | ResetOrder, policy: BreakerPolicy): void {
    const host = this.#hosts.get(key) ?? this.#make(key, policy);
    host.actor.send(order);
    this.#forgetSurplus();
  }

  #make(key: string, policy: BreakerPolicy): BreakerHost {
    const { clock } = this.#options;
    const { openTimeout, settings } = policy;
    const opening = typeof openTimeout === 'number' ? {} : { opening: 1 };
    const drawn = drawnOpenTime(policy, 1, undefined, { key, ...this.#options });
    const input = { key, at: clock.now(), settings, nextOpen: { ...drawn, ...opening } };
    return this.#host(key, createActor(hostedBreakerMachine(), { id: key, input }));
  }

  #host(key: string, actor: BreakerRef, storedAt?: number): BreakerHost {
    const host = new BreakerHost(actor, this.#options, storedAt);
    this.#hosts.set(key, host);
    this.#idle.add(host);
    hostActors(actor, this.#actors);
    actor.on('permits.available', ({ permits }) => this.gates.release(key, permits));
    this.#options.born?.(actor);
    actor.start();
    return host;
  }

  /** Bounded work: of the idle ones those that were used longest ago are looked at, and those that must stay go to the end. */
  #forgetSurplus(looks = LOOKS): void {
    const { clock, maxBreakers } = this.#options;
    const most = maxBreakers();
    if (this.#hosts.size <= most) return;
    const now = clock.now();
    for (let look = 0; look < looks && this.#hosts.size > most; look++) {
      const host = this.#idle.shift();
      if (host === undefined) break;
      if (host.forgettable(now)) {
        this.#hosts.delete(host.key);
        host.forget();
      } else this.#idle.add(host);
    }
    if (this.#hosts.size > most) this.#warn(most);
  }

  #warn(maxBreakers: number): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.logger.warn(
      { maxBreakers, breakers: this.#hosts.size },
      'more circuit breakers than maxBreakers are in use or have something to remember',
    );
  }

  /** The actors of all of them. */
  *actors(): Iterable<BreakerRef> {
    for (const { actor } of this.#hosts.values()) yield actor;
  }

  view(key: string): BreakerView | undefined {
    return this.#hosts.get(key)?.view();
  }

  /** All of them, in the order of their keys. */
  views(): BreakerView[] {
    const hosts = [...this.#hosts.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    return hosts.map(host => host.view());
  }

  /** The first hundred of them, those that are not closed before the others. */
  mostTroubled(): BreakerView[] {
    const hosts = [...this.#hosts.values()];
    const calm = hosts.filter(({ state }) => state === 'closed');
    const troubled = hosts.filter(({ state }) => state !== 'closed');
    return [...troubled, ...calm].slice(0, LISTED).map(host => host.view());
  }

  stop(): void {
    for (const { actor } of this.#hosts.values()) actor.stop();
  }
}
