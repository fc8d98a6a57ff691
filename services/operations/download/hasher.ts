import type { Algorithm, Digests } from './digests.ts';
import { FileHash, type Hasher } from './file-hash.ts';
import { ThreadHasher } from './hash-thread.ts';

/** Files from this size on are worth a thread. */
const LARGE = 32 * 1024 * 1024;
const SLICE = 1024 * 1024;

/** @param size of the whole file, as far as it is known */
export function hasherFor(
  path: string,
  algorithms: readonly Algorithm[],
  size: number | null,
): Hasher {
  return size !== null && size >= LARGE
    ? new ThreadHasher(path, algorithms)
    : new NearHasher(path, algorithms);
}

/** @throws the signal's reason when it is aborted meanwhile */
export async function hashFile(
  path: string,
  size: number,
  signal: AbortSignal,
  algorithms: readonly Algorithm[] = ['sha256'],
): Promise<Digests> {
  const hasher = hasherFor(path, algorithms, size);
  try {
    hasher.advance(size);
    return await orAborted(hasher.digests(), signal);
  } finally {
    hasher.close();
  }
}

/** A promise, given up when the signal is aborted. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let giveUp = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Works between the events of this thread. */
class NearHasher implements Hasher {
  readonly #hash: FileHash;
  #goal = 0;
  #closed = false;

  constructor(path: string, algorithms: readonly Algorithm[]) {
    this.#hash = new FileHash(path, algorithms);
  }

  advance(to: number): boolean {
    this.#goal = to;
    return false;
  }

  async digests(): Promise<Digests> {
    while (this.#hash.position < this.#goal && !this.#closed) {
      this.#hash.step(this.#goal, SLICE);
      await new Promise(resolve => setImmediate(resolve));
    }
    return this.#hash.digests();
  }

  close(): void {
    this.#closed = true;
    this.#hash.close();
  }
}
