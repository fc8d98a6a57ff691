import { useSyncExternalStore } from 'react';

/** A clock that ticks only while somebody looks at it. */
class Ticker {
  readonly #listeners = new Set<() => void>();
  readonly #interval: number;
  #now = Date.now();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(interval: number) {
    this.#interval = interval;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => {
      this.#now = Date.now();
      for (const each of [...this.#listeners]) each();
    }, this.#interval);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  now = (): number => (this.#timer === undefined ? this.#fresh() : this.#now);

  /** The same within an interval, since React asks twice. */
  #fresh(): number {
    const now = Date.now();
    if (now - this.#now >= this.#interval) this.#now = now;
    return this.#now;
  }
}

const seconds = new Ticker(1_000);
const tenths = new Ticker(100);

/** Now, each second. */
export const useSecond = (): number => useSyncExternalStore(seconds.subscribe, seconds.now);
/** Now, ten times a second: for countdowns. */
export const useTenth = (): number => useSyncExternalStore(tenths.subscribe, tenths.now);

const never = () => () => {};

/** The same as long as somebody needs it; the instant itself does not change otherwise. */
export const useTenthWhile = (isNeeded: boolean): number =>
  useSyncExternalStore(isNeeded ? tenths.subscribe : never, isNeeded ? tenths.now : stopped);

const stopped = () => 0;
