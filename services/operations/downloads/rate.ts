/** Time, as far as it is used here. */
export interface Pacemaker {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Does not keep the process alive: the connection that waits for it does. */
  sleep(ms: number): Promise<void>;
}

/** Milliseconds of the rate that may come at once after a pause. */
const BURST = 100;

const SYSTEM: Pacemaker = {
  now: () => performance.now(),
  sleep: ms => new Promise(resolve => setTimeout(resolve, ms).unref()),
};

/**
 * Holds all transfers together to a rate: a token bucket that may be overdrawn by the chunk that has come already; whoever overdraws it waits
 * until it is level again.
 */
export class Rate {
  readonly #bytesPerSecond: number;
  readonly #time: Pacemaker;
  /** The instant at which everything that was taken is paid. */
  #paidAt: number;

  constructor(bytesPerSecond: number, time: Pacemaker = SYSTEM) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#time = time;
    this.#paidAt = time.now() - BURST;
  }

  /** Takes bytes that have come; resolves when more may. */
  take(bytes: number): Promise<void> | undefined {
    const now = this.#time.now();
    const from = Math.max(this.#paidAt, now - BURST);
    this.#paidAt = from + (bytes * 1000) / this.#bytesPerSecond;
    return this.#paidAt <= now ? undefined : this.#time.sleep(this.#paidAt - now);
  }
}
