import type { Clock } from '../../services/ports.ts';

/** Milliseconds that may be spent at once after a quiet while. */
const MOST = 10;
/** Milliseconds after which a client that was dropped may come back, at least and at most. */
const SOONEST = 1_000;
const LATEST = 60_000;

/**
 * Operations come first: while they keep the event loop busy, telling clients takes a given share of it, and the clients take turns. What waits for
 * them meanwhile is conflated as with any slow reader.
 */
export class Pace {
  readonly #share: number;
  readonly #busy: (told: number) => boolean;
  readonly #clock: Clock;
  readonly #queue: (() => void)[] = [];
  /** Milliseconds that may be spent. */
  #credit = MOST;
  #earnedAt: number;
  /** Somebody has the turn. What the next may have is known when it has spent. */
  #taken = false;
  #timer: unknown;
  /** Milliseconds of the event loop that were spent in all. */
  #told = 0;
  /** When the next that is dropped may come back: after all that were dropped before. */
  #backAt = 0;

  /**
   * @param share of the event loop, more than 0 to 1
   * @param busy whether operations need it, given the milliseconds of it that clients had in all
   */
  constructor(share: number, busy: (told: number) => boolean, clock: Clock) {
    this.#share = share;
    this.#busy = busy;
    this.#clock = clock;
    this.#earnedAt = clock.now();
  }

  /** Resolves when it is the caller's turn, which ends with `spent`; undefined where nothing is in the way. */
  turn(): Promise<void> | undefined {
    if (this.#queue.length === 0 && !this.#mustWait()) {
      this.#taken = true;
      return undefined;
    }
    return new Promise(resolve => {
      this.#queue.push(resolve);
      this.#schedule();
    });
  }

  /**
   * @param milliseconds that the turn has taken of the event loop
   * @param elsewhere what it cost operations besides, such as time of the store
   */
  spent(milliseconds: number, elsewhere = 0): void {
    this.#taken = false;
    this.#credit -= milliseconds + elsewhere;
    this.#told += milliseconds;
  }

  /**
   * Milliseconds after which a client that cannot follow should come back. While operations are busy those that were dropped come one after the other,
   * each when the share allows what a client costs.
   * @param cost milliseconds that were spent on it since it came
   */
  retryAfter(cost: number): number {
    const now = this.#clock.now();
    if (!this.#busy(this.#told)) {
      this.#backAt = now;
      return SOONEST;
    }
    const latest = now + LATEST;
    this.#backAt = Math.min(latest, Math.max(now, this.#backAt) + cost / this.#share);
    return Math.round(Math.max(SOONEST, this.#backAt - now));
  }

  /** Everybody goes on at once: they are about to be gone. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#queue.splice(0)) resolve();
  }

  #mustWait(): boolean {
    const now = this.#clock.now();
    // A clock that is set back earns nothing.
    const earned = Math.max(0, now - this.#earnedAt) * this.#share;
    this.#credit = Math.min(MOST, this.#credit + earned);
    this.#earnedAt = now;
    if (this.#busy(this.#told)) return this.#taken || this.#credit < 0;
    this.#credit = Math.max(0, this.#credit);
    return false;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(1, -this.#credit / this.#share);
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      if (!this.#mustWait()) {
        this.#taken = true;
        this.#queue.shift()?.();
      }
      if (this.#queue.length > 0) this.#schedule();
    }, wait);
  }
}
