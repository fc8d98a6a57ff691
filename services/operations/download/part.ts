import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { Order } from './input.ts';
import { type PartRecord, readRecord, removeRecord, syncFolder, writeRecord } from './record.ts';

/** What a response says about the version of the remote file that it carries. */
export interface Version {
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly total: number | null;
}

/**
 * Milliseconds between two syncs. After `kill -9` the bytes since the last one are in the file all the same; after a crash of the machine
 * they may be holes. The two cannot be told apart afterwards, so neither is trusted, and at most this long a stretch is fetched again.
 */
const SYNC_INTERVAL = 500;
const READ_SIZE = 1024 * 1024;

/** `<file>.part`: the bytes so far, with a running SHA-256 of them. */
export class Part {
  readonly path: string;
  readonly #order: Order;
  readonly #handle: FileHandle;
  #record: PartRecord;
  #position = 0;
  #resumedFrom = 0;
  #doubtful = false;
  #hash: Hash = createHash('sha256');
  #syncedAt = performance.now();
  #dirty = false;

  private constructor(order: Order, handle: FileHandle, record: PartRecord) {
    this.path = partPath(order.file);
    this.#order = order;
    this.#handle = handle;
    this.#record = record;
  }

  /** Opens the part, and reads again what of it can be continued. */
  static async open(order: Order, signal: AbortSignal): Promise<Part> {
    const found = await readRecord(order.file);
    const record =
      found !== undefined && continuable(found, order) ? found : blankRecord(order.url);
    const handle = await open(partPath(order.file), constants.O_RDWR | constants.O_CREAT, 0o666);
    const part = new Part(order, handle, record);
    try {
      const { size } = await handle.stat();
      await part.#rehash(Math.min(record.durable, size), signal);
      return part;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that are there; the next one is written here. */
  get position(): number {
    return this.#position;
  }

  /** How many of the bytes an earlier attempt has left here. */
  get resumedFrom(): number {
    return this.#resumedFrom;
  }

  /** The version of the remote file that the bytes belong to. */
  get version(): Version {
    return this.#record;
  }

  get complete(): boolean {
    return this.#record.total === this.#position;
  }

  /** What to send as `If-Range`; null without a strong validator. */
  get validator(): string | null {
    return this.#record.etag ?? this.#record.lastModified;
  }

  /**
   * Drops every byte, and notes which version the coming ones belong to. In this order: the file is emptied, the new record is durable, bytes
   * come. So that no crash leaves bytes beside the record of another version.
   */
  async restart(version: Version): Promise<void> {
    await this.#handle.truncate(0);
    await this.#handle.datasync();
    this.#position = 0;
    this.#resumedFrom = 0;
    this.#hash = createHash('sha256');
    const { etag, lastModified, total } = version;
    this.#record = { ...blankRecord(this.#order.url), etag, lastModified, total };
    await writeRecord(this.#order.file, this.#record, { settled: true });
  }

  /** Whether its end is only where a connection ended, which may have been an accident. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** The size of the whole file has become known, or is taken for known. */
  settle(total: number, { doubtful }: { readonly doubtful: boolean }): void {
    this.#record = { ...this.#record, total };
    this.#doubtful = doubtful;
    this.#dirty = true;
  }

  /** The body has ended, and nobody knows whether the file has. */
  doubt(): void {
    this.#doubtful = true;
  }

  /** Writes all of it or, as far as the position tells, nothing. */
  async append(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      const rest = chunk.subarray(written);
      const { bytesWritten } = await this.#handle.write(
        rest,
        0,
        rest.length,
        this.#position + written,
      );
      written += bytesWritten;
    }
    this.#hash.update(chunk);
    this.#position += chunk.length;
    this.#dirty = true;
    if (performance.now() - this.#syncedAt >= SYNC_INTERVAL) await this.sync();
  }

  /** Makes every byte durable, and then says so in the record. */
  async sync(): Promise<void> {
    if (!this.#dirty) return;
    await this.#handle.datasync();
    this.#record = { ...this.#record, durable: this.#position };
    await writeRecord(this.#order.file, this.#record, { settled: false });
    this.#dirty = false;
    this.#syncedAt = performance.now();
  }

  /** SHA-256 of every byte so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Gives the part its final name. The record stays and says what was finished, until `removeRecord`. */
  async publish(): Promise<void> {
    await this.#handle.sync();
    this.#record = { ...this.#record, durable: this.#position, complete: this.digest() };
    this.#dirty = false;
    await writeRecord(this.#order.file, this.#record, { settled: true });
    await this.#handle.close();
    await rename(this.path, this.#order.file);
    await syncFolder(this.#order.file);
  }

  /** Removes the part and its record. */
  async discard(): Promise<void> {
    this.#dirty = false;
    await this.#handle.close();
    await rm(this.path, { force: true });
    await removeRecord(this.#order.file);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #rehash(length: number, signal: AbortSignal): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.min(READ_SIZE, Math.max(length, 1)));
    while (this.#position < length) {
      signal.throwIfAborted();
      const want = Math.min(buffer.length, length - this.#position);
      const { bytesRead } = await this.#handle.read(buffer, 0, want, this.#position);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#position += bytesRead;
    }
    await this.#handle.truncate(this.#position);
    this.#resumedFrom = this.#position;
  }
}

export function partPath(file: string): string {
  return `${file}.part`;
}

/** Without a validator only a given SHA-256 can tell whether old and new bytes belong together. */
function continuable(record: PartRecord, order: Order): boolean {
  const comparable =
    record.etag !== null || record.lastModified !== null || order.sha256 !== undefined;
  return record.url === order.url && comparable;
}

function blankRecord(url: string): PartRecord {
  return {
    format: 1,
    url,
    etag: null,
    lastModified: null,
    total: null,
    durable: 0,
    complete: null,
  };
}
