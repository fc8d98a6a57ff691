import type { Clock, TimerHandle } from '../ports.ts';
import { at } from '../runtime/timers.ts';

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** A clock that jumps from timer to timer, all in one turn of the event loop. Timers of one instant ring in the order in which they were set. */
export class VirtualClock implements Clock {
  #now: number;
  /** In the order in which they ring. There are few at a time. */
  readonly #timers: Timer[] = [];
  /** What takes no time, as a promise that is settled takes none: before any timer. */
  readonly #soon: Timer[] = [];

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

  /** Calls `fn` at an instant, without a timer where that is now; returns what forgets it. */
  when(instant: number, fn: () => void): () => void {
    if (instant > this.#now) return at(this, instant, fn);
    const task = { at: this.#now, fn };
    this.#soon.push(task);
    return () => {
      const place = this.#soon.indexOf(task);
      if (place !== -1) this.#soon.splice(place, 1);
    };
  }

  /** Jumps to the next timer and lets it ring; false when there is none up to that instant. */
  next(latest = Number.POSITIVE_INFINITY): boolean {
    const queue = this.#soon.length > 0 ? this.#soon : this.#timers;
    const timer = queue[0];
    if (timer === undefined || timer.at > latest) return false;
    queue.shift();
    this.#now = timer.at;
    timer.fn();
    return true;
  }
}
