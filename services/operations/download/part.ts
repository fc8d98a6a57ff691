import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { BlockWriter, type SharedBytes, type Written } from './block-writer.ts';
import type { Digests } from './digests.ts';
import type { Hasher } from './file-hash.ts';
import { hasherFor } from './hasher.ts';
import type { Order } from './input.ts';
import {
  blankRecord,
  type PartRecord,
  readRecord,
  removeRecord,
  syncFolder,
  writeRecord,
} from './record.ts';
import { algorithmsFor } from './verification.ts';

/** What a response says about the version of the remote file that it carries. */
export interface Version {
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly total: number | null;
  readonly digests?: Digests;
}

/**
 * Milliseconds between two syncs. After `kill -9` the bytes since the last one are in the file all the same; after a crash of the machine
 * they may be holes. The two cannot be told apart afterwards, so neither is trusted, and at most this long a stretch is fetched again.
 */
const SYNC_INTERVAL = 500;

/** `<file>.part` that is written from its beginning to its end. */
export class Part {
  readonly path: string;
  readonly #order: Order;
  readonly #handle: FileHandle;
  readonly #writer: BlockWriter;
  #record: PartRecord;
  #resumedFrom = 0;
  #doubtful = false;
  #hasher: Hasher;
  #syncedAt = performance.now();
  #syncing: Promise<void> | undefined;
  #dirty = false;

  private constructor(order: Order, handle: FileHandle, record: PartRecord, position: number) {
    this.path = partPath(order.file);
    this.#order = order;
    this.#handle = handle;
    this.#record = record;
    this.#resumedFrom = position;
    this.#writer = new BlockWriter(handle, position, (at, written) => this.#wrote(at, written));
    this.#hasher = this.#newHasher();
    this.#hasher.advance(position);
  }

  /** Opens the part; what of it can be continued stays. */
  static async open(order: Order): Promise<Part> {
    const found = await readRecord(order.file);
    const record =
      found !== undefined && continuable(found, order)
        ? withoutRanges(found)
        : { ...blankRecord(order.url), ...(found?.single && { single: true as const }) };
    const handle = await openPart(order.file);
    try {
      const { size } = await handle.stat();
      const position = Math.min(record.durable, size);
      await handle.truncate(position);
      return new Part(order, handle, record, position);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that have come; the next one goes here. */
  get position(): number {
    return this.#writer.position;
  }

  /** Bytes that the disk has taken. */
  get written(): number {
    return this.#writer.written;
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
    return this.#record.total === this.position;
  }

  /** Whether ranges have failed before. */
  get single(): boolean {
    return this.#record.single === true;
  }

  /** What to send as `If-Range`; null without a strong validator. */
  get validator(): string | null {
    return this.#record.etag ?? this.#record.lastModified;
  }

  /** Whether it came without a break, from one response to the end. */
  get inOneGo(): boolean {
    return this.#resumedFrom === 0 && !this.#doubtful;
  }

  /**
   * Drops every byte, and notes which version the coming ones belong to. In this order: the file is emptied, the new record is durable, bytes
   * come. So that no crash leaves bytes beside the record of another version.
   */
  async restart(version: Version): Promise<void> {
    await this.#settled();
    this.#writer.move(0);
    await this.#handle.truncate(0);
    await this.#handle.datasync();
    this.#resumedFrom = 0;
    const { etag, lastModified, total, digests } = version;
    const single = this.#record.single;
    this.#record = {
      ...blankRecord(this.#order.url),
      etag,
      lastModified,
      total,
      ...(digests === undefined || Object.keys(digests).length === 0 ? {} : { digests }),
      ...(single && { single }),
    };
    this.#hasher.close();
    this.#hasher = this.#newHasher();
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

  /** Where the next bytes would go, as a writer's. */
  get room(): SharedBytes {
    return this.#writer.room;
  }

  /** Takes a chunk over. Where it returns a promise there is no room for more before it resolves. */
  append(chunk: Uint8Array): Promise<void> | undefined {
    this.#dirty = true;
    return this.#writer.append(chunk);
  }

  /** Makes every byte durable, and then says so in the record. */
  async sync(): Promise<void> {
    await this.#writer.flush().catch(() => undefined);
    await this.#syncing;
    if (this.#dirty) await this.#sync();
  }

  /** Checksums of every byte so far; meanwhile they are made durable. */
  async digests(): Promise<Digests> {
    await this.#writer.flush();
    this.#hasher.advance(this.#writer.written);
    const [digests] = await Promise.all([this.#hasher.digests(), this.#handle.sync()]);
    return digests;
  }

  /** Gives the part its final name. The record stays and says what was finished, until `removeRecord`. */
  async publish(sha256: string): Promise<void> {
    await this.#syncing;
    await this.#handle.sync();
    this.#record = { ...this.#record, durable: this.position, complete: sha256 };
    this.#dirty = false;
    await writeRecord(this.#order.file, this.#record, { settled: true });
    await this.close();
    await rename(this.path, this.#order.file);
    await syncFolder(this.#order.file);
  }

  /** Removes the part and its record. */
  async discard(): Promise<void> {
    this.#dirty = false;
    await this.close();
    await rm(this.path, { force: true });
    await removeRecord(this.#order.file);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#hasher.close();
    await this.#settled();
    await this.#handle.close();
  }

  #newHasher(): Hasher {
    const { total, digests } = this.#record;
    return hasherFor(this.path, algorithmsFor(this.#order, digests), total);
  }

  /** Nothing is on its way to the disk any more. */
  async #settled(): Promise<void> {
    await this.#writer.flush().catch(() => undefined);
    await this.#syncing?.catch(() => undefined);
  }

  #wrote(position: number, written: Written): boolean {
    if (this.#syncing === undefined && performance.now() - this.#syncedAt >= SYNC_INTERVAL) {
      // A disk that refuses it refuses the last sync too, and that one is waited for.
      this.#syncing = this.#sync()
        .catch(() => undefined)
        .finally(() => {
          this.#syncing = undefined;
        });
    }
    return this.#hasher.advance(position, written);
  }

  async #sync(): Promise<void> {
    const durable = this.#writer.written;
    this.#dirty = false;
    try {
      await this.#handle.datasync();
      this.#record = { ...this.#record, durable };
      await writeRecord(this.#order.file, this.#record, { settled: false });
      this.#syncedAt = performance.now();
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }
}

export function partPath(file: string): string {
  return `${file}.part`;
}

/** Opens the part for reading and writing, and makes it where there is none. A symbolic link in its place is refused (ELOOP). */
export function openPart(file: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = constants;
  return open(partPath(file), O_RDWR | O_CREAT | O_NOFOLLOW, 0o666);
}

/** Without a validator only a given SHA-256 can tell whether old and new bytes belong together. */
export function continuable(record: PartRecord, order: Order): boolean {
  const comparable =
    record.etag !== null || record.lastModified !== null || order.sha256 !== undefined;
  return record.url === order.url && comparable;
}

function withoutRanges({ ranges: _, ...record }: PartRecord): PartRecord {
  return record;
}
