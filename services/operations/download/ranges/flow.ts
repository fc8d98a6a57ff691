/** Milliseconds until anything is made of what was seen: at the beginning, and then again and again. */
const FIRST_LOOK = 100;
const LOOK = 1_000;
/** Bytes a second of one connection that others would hardly add to. */
const FAST = 50 * 1024 * 1024;
/** What the system hands over at once where more is waiting already. */
const FULL = 64 * 1024;

/**
 * Looks at how bytes come. More connections help where the way is long or the server gives each a share; they do not where this side is the
 * slower one: then what it has not read yet is in the buffers of each, and lost when the process dies.
 */
export class Flow {
  #begun: number | undefined;
  #bytes = 0;
  #inFull = 0;
  #look = FIRST_LOOK;

  /** A chunk has come. What was seen, from time to time: whether more connections would help. */
  saw(bytes: number, connections: number, now = performance.now()): 'thin' | 'thick' | undefined {
    this.#begun ??= now;
    this.#bytes += bytes;
    if (bytes >= FULL) this.#inFull += bytes;
    const elapsed = now - this.#begun;
    if (elapsed < this.#look) return undefined;
    const isFast = this.#bytes * 1000 >= FAST * elapsed * connections;
    const isBehind = this.#inFull >= this.#bytes * 0.5;
    this.#begun = now;
    this.#bytes = 0;
    this.#inFull = 0;
    this.#look = LOOK;
    return isFast || isBehind ? 'thick' : 'thin';
  }
}
