import { ConfigError } from '../../services/errors.ts';
import type { Clock, TimerHandle } from '../../services/ports.ts';

/** The longest wait that Node's timers know. */
const MAX_TIMEOUT = 2 ** 31 - 1;
/** Turns of the event loop that are always given, so that what I/O callbacks set off is seen too. */
const MIN_TURNS = 3;
/** Turns after which waiting `setImmediate` callbacks no longer hold up the clock: they may be endless. */
const MAX_TURNS = 1_000;

export interface SimulatedClockOptions {
  /** Epoch milliseconds at which it begins. @default 0 */
  readonly now?: number;
  /**
   * Waits for work that this thread's event loop cannot see, such as a worker's answer. Called between timers and before
   * `advance` returns; the event loop gets its turns before it and after it. @default none
   */
  readonly settle?: () => void | PromiseLike<void>;
}

interface Timer {
  readonly at: number;
  readonly id: number;
  readonly fn: () => void;
}

/**
 * A clock that stands still until it is told to move on. Timers fire in the order of their instants, those of one instant in
 * the order in which they were made; before each, promise chains and `setImmediate` callbacks run to their end.
 */
export class SimulatedClock implements Clock {
  #now: number;
  #nextId = 1;
  #advancing = false;
  readonly #settle: SimulatedClockOptions['settle'];
  /** Sorted by instant, then by id. */
  readonly #timers: Timer[] = [];

  /** @throws ConfigError when `now` is not a finite number */
  constructor(options: SimulatedClockOptions = {}) {
    this.#now = finite('now', options.now ?? 0);
    this.#settle = options.settle;
  }

  /** Simulated epoch milliseconds. */
  now(): number {
    return this.#now;
  }

  /** @throws ConfigError for a wait that a real timer would not keep: below 0, above 2^31-1, or not a number */
  setTimeout(fn: () => void, ms: number): TimerHandle {
    if (!(ms >= 0 && ms <= MAX_TIMEOUT)) {
      throw new ConfigError(`a timer's ms must be from 0 to ${MAX_TIMEOUT}, got ${String(ms)}`);
    }
    const timer: Timer = { at: this.#now + ms, id: this.#nextId++, fn };
    this.#timers.splice(this.#place(timer), 0, timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    if (handle === undefined || handle === null) return;
    const place = this.#place(handle as Timer);
    if (this.#timers[place] === handle) this.#timers.splice(place, 1);
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.length;
  }

  /** When the next timer is due, in epoch milliseconds; undefined while there is none. */
  get nextAt(): number | undefined {
    return this.#timers[0]?.at;
  }

  /**
   * Moves on by `ms` and fires what falls due, timers that are made on the way included.
   * What a timer's function throws ends the call, at that timer's instant.
   * @throws ConfigError for a negative span, or while another call is under way
   */
  advance(ms: number): Promise<void> {
    return this.advanceTo(this.#now + ms);
  }

  /** Moves on to an instant (epoch milliseconds); otherwise like `advance`. */
  async advanceTo(instant: number): Promise<void> {
    if (finite('instant', instant) < this.#now) {
      throw new ConfigError(`a clock cannot go back from ${this.#now} to ${instant}`);
    }
    if (this.#advancing) throw new ConfigError('this clock is being advanced already');
    this.#advancing = true;
    try {
      await this.#quiet();
      for (let due = this.#takeDue(instant); due; due = this.#takeDue(instant)) {
        this.#now = due.at;
        due.fn();
        await this.#quiet();
      }
      this.#now = instant;
    } finally {
      this.#advancing = false;
    }
  }

  #takeDue(instant: number): Timer | undefined {
    const first = this.#timers[0];
    return first && first.at <= instant ? this.#timers.shift() : undefined;
  }

  /** Index of the first timer that is not before this one. */
  #place(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle] as Timer;
      if (other.at < timer.at || (other.at === timer.at && other.id < timer.id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #quiet(): Promise<void> {
    await turns();
    if (!this.#settle) return;
    await this.#settle();
    await turns();
  }
}

/** Gives the event loop turns until no `setImmediate` callback waits. */
async function turns(): Promise<void> {
  for (let turn = 1; turn <= MAX_TURNS; turn++) {
    await new Promise<void>(resolve => setImmediate(resolve));
    if (turn >= MIN_TURNS && !process.getActiveResourcesInfo().includes('Immediate')) return;
  }
}

function finite(name: string, value: number): number {
  if (!Number.isFinite(value)) {
    throw new ConfigError(`${name} must be a finite number, got ${String(value)}`);
  }
  return value;
}
