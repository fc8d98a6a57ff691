import type { Clock } from '../../services/ports.ts';

/** Milliseconds that may be spent at once after a quiet while. */
const MOST = 10;

/**
 * Operations come first: while they keep the event loop busy, telling clients takes a given share of it, and the clients take turns. What waits for
 * them meanwhile is conflated as with any slow reader.
 */
export class Pace {
  readonly #share: number;
  readonly #busy: () => boolean;
  readonly #clock: Clock;
  readonly #queue: (() => void)[] = [];
  /** Milliseconds that may be spent. */
  #credit = MOST;
  #earnedAt: number;
  /** Somebody has the turn. What the next may have is known when it has spent. */
  #taken = false;
  #timer: unknown;

  /**
   * @param share of the event loop, more than 0 to 1
   * @param busy whether operations need it
   */
  constructor(share: number, busy: () => boolean, clock: Clock) {
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

  /** @param milliseconds that the turn has taken of the event loop */
  spent(milliseconds: number): void {
    this.#taken = false;
    this.#credit -= milliseconds;
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
    if (this.#busy()) return this.#taken || this.#credit < 0;
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
