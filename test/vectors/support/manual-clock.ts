import type { Clock, TimerHandle } from '../../../services/ports.ts';

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** Time that passes only, and at once, when a test says so: thousands of short runs need no turn of the event loop. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, ms: number): TimerHandle {
    const timer = { at: this.#now + ms, fn };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#timers.delete(handle as Timer);
  }

  /** Lets time pass; what becomes due runs in order. */
  advanceTo(instant: number): void {
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > instant) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
    }
    this.#now = instant;
  }
}
