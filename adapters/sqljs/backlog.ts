/** Bytes that may be durable without being applied yet; what comes then waits for the SQL thread. */
const MOST = 24 * 1024 * 1024;
/** An SQL thread that applies nothing for so long is not going to. Milliseconds. */
const PATIENCE = 30_000;

/** Counts, over both threads, what the SQL thread still has to apply; so its queue has a bound. */
export class Backlog {
  readonly shared: SharedArrayBuffer;
  readonly #bytes: Int32Array;

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#bytes = new Int32Array(shared);
  }

  add(bytes: number): void {
    Atomics.add(this.#bytes, 0, bytes);
  }

  subtract(bytes: number): void {
    Atomics.sub(this.#bytes, 0, bytes);
    Atomics.notify(this.#bytes, 0);
  }

  /** Waits, and blocks the calling thread, until there is room; false where none comes. */
  waitForRoom(): boolean {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const bytes = Atomics.load(this.#bytes, 0);
      if (bytes < MOST) return true;
      const left = deadline - Date.now();
      if (left <= 0) return false;
      Atomics.wait(this.#bytes, 0, bytes, left);
    }
  }
}
