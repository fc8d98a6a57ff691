import type { Clock, TimerHandle } from '../ports.ts';

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** A clock that jumps from timer to timer, all in one turn of the event loop. Timers of one instant ring in the order in which they were set. */
export class VirtualClock implements Clock {
  #now: number;
  /** In the order in which they ring. There are few at a time. */
  readonly #timers: Timer[] = [];

  /** @param now epoch milliseconds */
  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, ms: number): TimerHandle {
    const timer = { at: this.#now + ms, fn };
    const later = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    const place = this.#timers.indexOf(handle as Timer);
    if (place !== -1) this.#timers.splice(place, 1);
  }

  /** Jumps to the next timer and lets it ring; false when there is none up to that instant. */
  next(latest = Number.POSITIVE_INFINITY): boolean {
    const timer = this.#timers[0];
    if (timer === undefined || timer.at > latest) return false;
    this.#timers.shift();
    this.#now = timer.at;
    timer.fn();
    return true;
  }
}
