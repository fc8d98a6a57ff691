import type { Clock } from '../ports.ts';
import { runOutside } from './current-operation.ts';
import { at } from './timers.ts';

/** Takes one attempt of a key's rate: undefined when there was one, else the instant at which it is worth asking again. */
export type TakeRate = (key: string, now: number) => number | undefined;

/** A key that lets nothing through before its alarm rings. */
interface Shut {
  readonly waiting: Set<() => void>;
  readonly forget: () => void;
}

/** The rates of keys, and who waits for which. Whoever shares a key is told at the same instant, in the order in which they came. */
export class Rates {
  readonly #clock: Clock;
  readonly #take: TakeRate;
  readonly #shut = new Map<string, Shut>();

  constructor(clock: Clock, take: TakeRate) {
    this.#clock = clock;
    this.#take = take;
  }

  /** Takes one of a key's rate, overtaking nobody who waits for it; false when there is none now. */
  take(key: string): boolean {
    return !this.#shut.has(key) && this.#take(key, this.#clock.now()) === undefined;
  }

  /**
   * The same; where there is none, `open` is called when it is worth trying again.
   * @returns undefined when one was taken, else what forgets the wait
   */
  takeOrWait(key: string, open: () => void): (() => void) | undefined {
    let shut = this.#shut.get(key);
    if (shut === undefined) {
      const instant = this.#take(key, this.#clock.now());
      if (instant === undefined) return undefined;
      const ring = runOutside(() => at(this.#clock, instant, () => this.#ring(key)));
      shut = { waiting: new Set(), forget: ring };
      this.#shut.set(key, shut);
    }
    const { waiting, forget } = shut;
    waiting.add(open);
    return () => {
      if (!waiting.delete(open) || waiting.size > 0) return;
      forget();
      this.#shut.delete(key);
    };
  }

  #ring(key: string): void {
    const waiting = [...(this.#shut.get(key)?.waiting ?? [])];
    this.#shut.delete(key);
    for (const open of waiting) open();
  }
}
