import { SimulatedClock } from '../../../../adapters/testing/index.ts';
import { Lifecycle } from '../../../../services/runtime/lifecycle.ts';
import type { SlotClaim } from '../../../../services/runtime/slot-lanes.ts';
import { type SlotLimits, SlotQueue } from '../../../../services/runtime/slot-queue.ts';
import { type RecoveryLimits, Slots } from '../../../../services/runtime/slots.ts';

/** One user of a slot, as the runtime would be it. */
export interface User {
  readonly name: string;
  readonly queue: SlotQueue;
  readonly key: string;
  claim: SlotClaim | undefined;
  running: boolean;
}

/** The scheduler with users that begin when they may and end when the test says so. */
export class SlotStage {
  readonly clock = new SimulatedClock();
  readonly lifecycle = new Lifecycle();
  readonly slots: Slots;
  /** Names in the order in which they got their slots, each with the instant. */
  readonly begun: string[] = [];
  readonly instants: number[] = [];
  /** Called whenever one begins. */
  watch: (user: User) => void = () => {};
  /** Evenly spaced calls of each key: milliseconds between two. */
  readonly spacing = new Map<string, number>();
  readonly #next = new Map<string, number>();
  readonly #users = new Map<string, User>();

  constructor(limits: Partial<RecoveryLimits> = {}) {
    this.slots = new Slots({
      clock: this.clock,
      lifecycle: this.lifecycle,
      takeRate: (key, now) => this.#take(key, now),
      limits: { concurrency: undefined, maxPending: undefined, ...limits },
    });
  }

  #take(key: string, now: number): number | undefined {
    const next = this.#next.get(key) ?? 0;
    if (now < next) return next;
    this.#next.set(key, now + (this.spacing.get(key) ?? 0));
    return undefined;
  }

  readonly queue = (name: string, limits: SlotLimits = {}): SlotQueue =>
    new SlotQueue(name, limits);

  /** A new one: begins at once, waits, or is refused. */
  readonly start = (queue: SlotQueue, name: string, key = 'key'): User => {
    const admitted = this.slots.admit(queue, key);
    const user: User = { name, queue, key, claim: undefined, running: false };
    if (admitted) this.#begin(user);
    else this.#wait(user, 'first', key);
    this.#users.set(name, user);
    return user;
  };

  /** One that is never refused. */
  readonly again = (queue: SlotQueue, name: string, key = 'key'): User => {
    const user: User = { name, queue, key, claim: undefined, running: false };
    this.#wait(user, 'retry', key);
    this.#users.set(name, user);
    return user;
  };

  /** One that is in progress without having asked, as a fallback may be. */
  readonly enter = (queue: SlotQueue, name: string): User => {
    const user: User = { name, queue, key: 'key', claim: undefined, running: true };
    this.slots.entered(queue, user.key);
    this.#users.set(name, user);
    return user;
  };

  #wait(user: User, kind: SlotClaim['kind'], key: string): void {
    user.claim = this.slots.wait(user.queue, kind, key, () => this.#begin(user));
  }

  #begin(user: User): void {
    user.claim = undefined;
    user.running = true;
    this.begun.push(user.name);
    this.instants.push(this.clock.now());
    this.watch(user);
  }

  /** Ends one that runs, or takes one that waits out of the queue. */
  readonly end = (name: string): void => {
    const user = this.#users.get(name) as User;
    if (user.claim !== undefined) this.slots.withdraw(user.queue, user.claim);
    else if (user.running) this.slots.left(user.queue, user.key);
    user.claim = undefined;
    user.running = false;
  };

  readonly settle = (): Promise<void> => this.clock.advance(0);
}
