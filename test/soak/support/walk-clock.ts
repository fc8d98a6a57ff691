import { SimulatedClock } from '../../../adapters/testing/index.ts';
import type { Clock } from '../../../services/ports.ts';

const STARTED_AT = 1_000_000_000;

/** The clock of one machine. Its timers count the time that the machine is awake; what its hands show may be set. */
export class WalkClock {
  /** Time awake. */
  readonly awake = new SimulatedClock({ now: STARTED_AT });
  #ahead = 0;
  /** Times that the hands were set back. */
  setBacks = 0;

  readonly now = (): number => this.awake.now() + this.#ahead;

  /** Milliseconds that its hands are behind what they may have shown. */
  behind = 0;

  /** Somebody sets it back. */
  setBack(ms: number): void {
    this.#ahead -= ms;
    this.setBacks++;
    this.behind += ms;
  }

  /** The machine sleeps: no timer counts that. */
  sleep(ms: number): void {
    this.#ahead += ms;
  }

  advance(ms: number): Promise<void> {
    return this.awake.advance(ms);
  }
}

/** The clock as one process sees it: with its end, its timers are gone. */
export class ProcessClock implements Clock {
  readonly #clock: WalkClock;
  readonly #timers = new Set<unknown>();
  #alive = true;

  constructor(clock: WalkClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(fn: () => void, ms: number): unknown {
    const handle = this.#clock.awake.setTimeout(() => {
      this.#timers.delete(handle);
      if (this.#alive) fn();
    }, ms);
    this.#timers.add(handle);
    return handle;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle);
    this.#clock.awake.clearTimeout(handle);
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  end(): void {
    this.#alive = false;
    for (const handle of [...this.#timers]) this.clearTimeout(handle);
  }
}
