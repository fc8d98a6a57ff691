import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Written } from './block-writer.ts';
import type { Algorithm, Digests } from './digests.ts';

/** Takes the checksums of a file while it grows. */
export interface Hasher {
  /**
   * So many bytes from the beginning are there and will not change.
   * @param last the last of them, where they are at hand
   * @returns whether `last` is kept for some time
   */
  advance(to: number, last?: Written): boolean;
  /** Checksums of as many bytes as it was told of; takes as long as what is left of them. */
  digests(): Promise<Digests>;
  /** Idempotent. */
  close(): void;
}

const READ_SIZE = 1024 * 1024;
let buffer: Buffer | undefined;

/** Checksums of a file that is still growing, taken in order from its beginning. Reads synchronously, a little at a time. */
export class FileHash {
  readonly #fd: number;
  readonly #hashes: readonly (readonly [Algorithm, Hash])[];
  #position = 0;
  #closed = false;

  constructor(path: string, algorithms: readonly Algorithm[]) {
    this.#fd = openSync(path, 'r');
    this.#hashes = algorithms.map(name => [name, createHash(name)] as const);
  }

  get position(): number {
    return this.#position;
  }

  /** Takes the next bytes in, which nobody has to read. */
  take(bytes: Uint8Array): void {
    for (const [, hash] of this.#hashes) hash.update(bytes);
    this.#position += bytes.length;
  }

  /** Takes at most so many bytes in, as far as `to`, or the end of the file. */
  step(to: number, most: number): void {
    buffer ??= Buffer.allocUnsafeSlow(READ_SIZE);
    for (const end = Math.min(to, this.#position + most); this.#position < end; ) {
      const want = Math.min(buffer.length, end - this.#position);
      const read = readSync(this.#fd, buffer, 0, want, this.#position);
      if (read === 0) {
        throw new RangeError(`the file ends at ${this.#position} bytes, and not at ${to}`);
      }
      for (const [, hash] of this.#hashes) hash.update(buffer.subarray(0, read));
      this.#position += read;
    }
  }

  /** Of everything that was taken in. */
  digests(): Digests {
    return Object.fromEntries(
      this.#hashes.map(([name, hash]) => [name, hash.copy().digest('hex')]),
    );
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }
}
