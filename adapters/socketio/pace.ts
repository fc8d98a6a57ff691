import { performance } from 'node:perf_hooks';
import type { Recovery } from '../../services/ports.ts';

/** Milliseconds after which it is looked again whether the process is busy. */
const LOOK = 50;
/** The event loop is busy when it was active for more than this share of the time. */
const BUSY = 0.9;
/** Milliseconds that may be spent at once when it was quiet. */
const MOST = 10;

/**
 * Operations come first: while they keep the event loop busy, telling clients takes a given share of it, and the clients take turns. What waits for
 * them meanwhile is conflated as with any slow reader.
 */
export class Pace {
  readonly #share: number;
  readonly #recovery: Pick<Recovery, 'metrics'>;
  readonly #queue: (() => void)[] = [];
  #utilization = performance.eventLoopUtilization();
  #attempts = 0;
  #lookedAt = performance.now();
  #busy = false;
  /** Milliseconds that may be spent. */
  #credit = MOST;
  #earnedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param share of the event loop, more than 0 to 1 */
  constructor(share: number, recovery: Pick<Recovery, 'metrics'>) {
    this.#share = share;
    this.#recovery = recovery;
  }

  /** Resolves when it is the caller's turn; at once where nothing is in the way. */
  turn(): Promise<void> | undefined {
    if (this.#queue.length === 0 && !this.#mustWait()) return undefined;
    return new Promise(resolve => {
      this.#queue.push(resolve);
      this.#schedule();
    });
  }

  /** @param milliseconds that a turn has taken of the event loop */
  spent(milliseconds: number): void {
    this.#credit -= milliseconds;
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const resolve of this.#queue.splice(0)) resolve();
  }

  #mustWait(): boolean {
    const now = performance.now();
    if (now - this.#lookedAt >= LOOK) this.#look(now);
    this.#credit = Math.min(MOST, this.#credit + (now - this.#earnedAt) * this.#share);
    this.#earnedAt = now;
    if (!this.#busy) this.#credit = Math.max(0, this.#credit);
    return this.#busy && this.#credit < 0;
  }

  #look(now: number): void {
    const utilization = performance.eventLoopUtilization();
    const { attempts } = this.#recovery.metrics;
    const active = performance.eventLoopUtilization(utilization, this.#utilization).utilization;
    this.#busy = active > BUSY && attempts > this.#attempts;
    this.#utilization = utilization;
    this.#attempts = attempts;
    this.#lookedAt = now;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(1, -this.#credit / this.#share);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#mustWait()) this.#queue.shift()?.();
      if (this.#queue.length > 0) this.#schedule();
    }, wait);
  }
}
