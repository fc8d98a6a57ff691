import { OverloadedError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import { runOutside } from './current-operation.ts';
import type { Lifecycle } from './lifecycle.ts';
import { Line } from './line.ts';
import { Rates, type TakeRate } from './rates.ts';
import { type Lane, SlotClaim } from './slot-lanes.ts';
import type { SlotQueue } from './slot-queue.ts';

/** Limits of the whole recovery; no limit where one is left out. */
export interface RecoveryLimits {
  readonly concurrency: number | undefined;
  readonly maxPending: number | undefined;
}

export interface SlotsOptions {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly takeRate: TakeRate;
  readonly limits: RecoveryLimits;
}

/** Operations that get their slots in one turn of the event loop. */
const SLICE = 64;

/**
 * Who may be in progress: the limits of the whole recovery and of each definition, and the rates of keys. Definitions that wait and could
 * run take turns; within a definition it is first come first served. It decides when; what begins is the claims' affair.
 */
export class Slots {
  readonly #lifecycle: Lifecycle;
  readonly #rates: Rates;
  #limits: RecoveryLimits;
  /** The definitions that have something waiting. */
  readonly #waiting = new Set<SlotQueue>();
  /** Those of them that nothing of their own holds back, in the order of their turns. */
  readonly #ready = new Line<SlotQueue>();
  #tickets = 0;
  #running = 0;
  readonly #waits = { first: 0, retry: 0 };
  #scheduled = false;
  #granting = false;

  constructor({ clock, lifecycle, takeRate, limits }: SlotsOptions) {
    this.#lifecycle = lifecycle;
    this.#rates = new Rates(clock, takeRate);
    this.#limits = limits;
  }

  /** Operations in progress. */
  get running(): number {
    return this.#running;
  }

  /** Operations that wait for a slot, by kind. */
  get waits(): Readonly<Record<SlotClaim['kind'], number>> {
    return this.#waits;
  }

  /** Definitions that have something waiting. */
  get queues(): Iterable<SlotQueue> {
    return this.#waiting;
  }

  get limits(): RecoveryLimits {
    return this.#limits;
  }

  /** New limits of the whole recovery: what may begin under them begins, what is in progress stays. */
  limit(limits: RecoveryLimits): void {
    this.#limits = limits;
    this.#schedule();
  }

  /** One is in progress; those that got their slot here are counted already. */
  entered(queue: SlotQueue, key: string): void {
    this.#running++;
    queue.entered(key);
  }

  /** One is in progress no more. */
  left(queue: SlotQueue, key: string): void {
    this.#running--;
    queue.left(key);
    if (this.#waiting.size === 0) return;
    this.#consider(queue);
    this.#schedule();
  }

  /**
   * Whether a new operation may begin at once, overtaking nobody. If so it has its slot.
   * @throws OverloadedError when it would have to wait and no more may wait
   */
  admit(queue: SlotQueue, key: string, mayAlwaysWait = false): boolean {
    // Whoever may begin does so first: nobody is refused for those who wait without need.
    if (this.#scheduled && !this.#lifecycle.held) this.#grant();
    const free = this.hasRoomFor(queue, key) && this.#ready.size === 0;
    // The rate comes last, since asking takes.
    if (free && this.#mayTake(queue, key)) {
      this.entered(queue, key);
      return true;
    }
    if (!mayAlwaysWait) this.#refuseTooMany(queue);
    return false;
  }

  #mayTake(queue: SlotQueue, key: string): boolean {
    return queue.limits.rated !== true || this.#rates.take(key);
  }

  #refuseTooMany({ name, limits, waiting }: SlotQueue): void {
    const all = this.#limits.maxPending;
    if (limits.maxPending !== undefined && waiting.first >= limits.maxPending) {
      throw overloaded('definition', name, waiting.first, limits.maxPending);
    }
    if (all !== undefined && this.#waits.first >= all) {
      throw overloaded('recovery', name, this.#waits.first, all);
    }
  }

  /** Queues up; `go` is called in a later turn, when it has its slot. */
  wait(queue: SlotQueue, kind: SlotClaim['kind'], key: string, go: () => void): SlotClaim {
    const claim = new SlotClaim(kind, key, this.#tickets++, go);
    queue.add(claim);
    this.#waits[kind]++;
    this.#waiting.add(queue);
    this.#consider(queue);
    this.#schedule();
    return claim;
  }

  /** Leaves the queue; nothing happens when it has left it before. */
  withdraw(queue: SlotQueue, claim: SlotClaim): void {
    if (!queue.remove(claim)) return;
    this.#gone(queue, claim);
    if (!queue.isReady) this.#ready.leave(queue);
  }

  #gone(queue: SlotQueue, { kind }: SlotClaim): void {
    this.#waits[kind]--;
    if (queue.length === 0) this.#waiting.delete(queue);
  }

  /** Whether no limit of operations at once holds one of that definition and key back. */
  hasRoomFor(queue: SlotQueue, key: string): boolean {
    return this.#hasRoom && queue.hasRoom && queue.hasRoomFor(key);
  }

  get #hasRoom(): boolean {
    return this.#running < (this.#limits.concurrency ?? Number.POSITIVE_INFINITY);
  }

  /** One that could run has its turn after those that are in line already. */
  #consider(queue: SlotQueue): void {
    if (queue.isReady) this.#ready.join(queue);
  }

  /**
   * A slot is given when the event that freed it has been dealt with to the end: the breaker has the outcome before the next operation
   * asks it.
   */
  #schedule(): void {
    if (this.#scheduled || this.#ready.size === 0 || !this.#hasRoom) return;
    this.#scheduled = true;
    runOutside(() => queueMicrotask(() => this.#lifecycle.begin(this.#grant)));
  }

  readonly #grant = (): void => {
    if (this.#granting || this.#lifecycle.closing) return;
    this.#granting = true;
    this.#scheduled = false;
    try {
      for (let begun = 0; begun < SLICE && this.#hasRoom && this.#ready.first !== undefined; ) {
        const queue = this.#ready.first;
        this.#ready.leave(queue);
        if (this.#begin(queue)) begun++;
        this.#consider(queue);
      }
    } finally {
      this.#granting = false;
    }
    if (this.#ready.size === 0 || !this.#hasRoom) return;
    this.#scheduled = true;
    runOutside(() => setImmediate(() => this.#lifecycle.begin(this.#grant)));
  };

  #begin(queue: SlotQueue): boolean {
    const claim = queue.hasRoom ? queue.next(lane => this.#holdsBack(queue, lane)) : undefined;
    if (claim === undefined) return false;
    this.#gone(queue, claim);
    this.entered(queue, claim.key);
    claim.go();
    return true;
  }

  /** Whether a key's rate lets nothing through; if so its lane is shut until the rate does. */
  #holdsBack(queue: SlotQueue, lane: Lane): boolean {
    lane.forget = this.#rates.takeOrWait(lane.key, () => {
      queue.reopen(lane);
      this.#consider(queue);
      this.#schedule();
    });
    return lane.forget !== undefined;
  }
}

function overloaded(
  scope: 'definition' | 'recovery',
  name: string,
  waiting: number,
  maxPending: number,
): OverloadedError {
  const where = scope === 'definition' ? `of "${name}"` : 'of this recovery';
  return new OverloadedError(
    `it cannot begin now, and as many operations ${where} wait as may: ${waiting}; maxPending is ${maxPending}`,
    { details: { limit: 'maxPending', scope, name, waiting, maxPending } },
  );
}
