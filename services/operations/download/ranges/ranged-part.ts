import { type FileHandle, rename, rm } from 'node:fs/promises';
import { BlockWriter, type Told, type Written } from '../block-writer.ts';
import type { Digests } from '../digests.ts';
import type { Hasher } from '../file-hash.ts';
import { hasherFor } from '../hasher.ts';
import type { Order } from '../input.ts';
import { continuable, openPart, partPath, type Version } from '../part.ts';
import {
  blankRecord,
  type PartRecord,
  positionsPath,
  type RangesRecord,
  readRecord,
  removeRecord,
  syncFolder,
  writeRecord,
} from '../record.ts';
import { algorithmsFor } from '../verification.ts';
import type { Plan } from './plan.ts';
import { Positions, readPositions } from './positions.ts';

/** Milliseconds between two syncs. */
const SYNC_INTERVAL = 500;
/** Bytes that the checksum may be behind without being told. */
const HASH_STRIDE = 1024 * 1024;

type RangedRecord = PartRecord & { readonly total: number; readonly ranges: RangesRecord };

/** `<file>.part` that is written in several places at once. It has its full length from the beginning. */
export class RangedPart {
  readonly path: string;
  readonly #order: Order;
  readonly #handle: FileHandle;
  readonly #positions: Positions;
  readonly #at: number[];
  #done: number;
  readonly #hasher: Hasher;
  readonly #idleWriters: BlockWriter[] = [];
  readonly resumedFrom: number;
  #record: RangedRecord;
  /** Ranges before this one are whole. */
  #front = 0;
  #hashed = 0;
  #syncedAt = performance.now();
  #syncing: Promise<void> | undefined;

  private constructor(
    order: Order,
    handle: FileHandle,
    record: RangedRecord,
    positions: Positions,
    at: readonly number[],
  ) {
    this.path = partPath(order.file);
    this.#order = order;
    this.#handle = handle;
    this.#record = record;
    this.#positions = positions;
    this.#at = [...at];
    this.#done = at.reduce((sum, position, range) => sum + position - this.startOf(range), 0);
    this.resumedFrom = this.#done;
    this.#hasher = hasherFor(this.path, algorithmsFor(order, record.digests), record.total);
    this.#hash();
  }

  /** Begins a file: the part is emptied, the record is durable, and then bytes come. */
  static async create(order: Order, { version, generation, ends }: Plan): Promise<RangedPart> {
    const { etag, lastModified, total, digests } = version;
    const starts = [0, ...ends.slice(0, -1)];
    const record: RangedRecord = {
      ...blankRecord(order.url),
      etag,
      lastModified,
      total,
      ...(digests === undefined || Object.keys(digests).length === 0 ? {} : { digests }),
      ranges: { generation, ends, durable: starts },
    };
    const handle = await openPart(order.file);
    try {
      await handle.truncate(0);
      await handle.datasync();
      await writeRecord(order.file, record, { settled: true });
      await handle.truncate(total);
      const positions = await Positions.open(order.file, generation, starts);
      return new RangedPart(order, handle, record, positions, starts);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Goes on with what is there; undefined where that is nothing of the kind. */
  static async reopen(order: Order): Promise<RangedPart | undefined> {
    const record = await readRecord(order.file);
    if (record === undefined || !continuable(record, order) || !isRanged(record)) return undefined;
    const { generation, ends, durable } = record.ranges;
    const handle = await openPart(order.file);
    try {
      if ((await handle.stat()).size !== record.total) {
        await handle.close();
        return undefined;
      }
      const known = await readPositions(order.file, generation, ends.length);
      const at = durable.map((position, range) =>
        Math.min(Math.max(position, known?.[range] ?? 0), ends[range] ?? 0),
      );
      const positions = await Positions.open(order.file, generation, at);
      return new RangedPart(order, handle, record, positions, at);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get count(): number {
    return this.#at.length;
  }

  /** Bytes that are there. */
  get done(): number {
    return this.#done;
  }

  get version(): Version & { readonly total: number } {
    return this.#record;
  }

  get validator(): string | null {
    return this.#record.etag ?? this.#record.lastModified;
  }

  /** Several responses are put together, though they all had the same validator. */
  readonly inOneGo = false;

  startOf(range: number): number {
    return range === 0 ? 0 : (this.#record.ranges.ends[range - 1] ?? 0);
  }

  endOf(range: number): number {
    return this.#record.ranges.ends[range] ?? 0;
  }

  /** Of the next byte that is missing. */
  positionOf(range: number): number {
    return this.#at[range] ?? 0;
  }

  /** Names a range in the store. Another version of the file has other names, so that a finished step is never taken for its. */
  stepName(range: number): string {
    return `range ${range + 1} of ${this.count} (${this.#record.ranges.generation})`;
  }

  /** The store says that it is whole, and durable. */
  trust(range: number): void {
    const end = this.endOf(range);
    if (this.positionOf(range) === end) return;
    this.#note(range, end);
    this.#hash();
  }

  /** A writer at the position of a range. */
  writer(range: number): BlockWriter {
    const told: Told = (position, written) => this.#wrote(range, position, written);
    const position = this.positionOf(range);
    const writer = this.#idleWriters.pop() ?? new BlockWriter(this.#handle, position, told);
    writer.move(position, told);
    return writer;
  }

  /** Writes what a writer still has, and keeps it for the next one, unless something of this one may still come to it. */
  async giveBack(writer: BlockWriter): Promise<void> {
    await writer.flush();
    if (writer.isIdle) this.#idleWriters.push(writer);
  }

  /** Resolves when a range is whole and durable. */
  async settle(range: number): Promise<void> {
    while ((this.#record.ranges.durable[range] ?? 0) < this.endOf(range)) await this.#syncOnce();
  }

  /** Makes every byte durable, and then says so in the record. */
  async sync(): Promise<void> {
    await this.#syncing?.catch(() => undefined);
    await this.#syncOnce();
  }

  /** Checksums of the whole file; meanwhile it is made durable. */
  async digests(): Promise<Digests> {
    this.#hash();
    this.#hasher.advance(this.#record.total);
    const [digests] = await Promise.all([this.#hasher.digests(), this.#handle.sync()]);
    return digests;
  }

  /** Gives the part its final name, as `Part` does. */
  async publish(sha256: string): Promise<void> {
    await this.#syncing?.catch(() => undefined);
    const { ranges: _, ...record } = this.#record;
    await writeRecord(
      this.#order.file,
      { ...record, durable: record.total, complete: sha256 },
      { settled: true },
    );
    await this.close();
    await rename(this.path, this.#order.file);
    await syncFolder(this.#order.file);
    await rm(positionsPath(this.#order.file), { force: true });
  }

  /** Drops everything. `single`: the next attempt takes one stream. */
  async discard({ single = false }: { readonly single?: boolean } = {}): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await removeRecord(this.#order.file);
    if (!single) return;
    const record = { ...blankRecord(this.#order.url), single: true as const };
    await writeRecord(this.#order.file, record, { settled: true });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#hasher.close();
    this.#positions.close();
    await this.#syncing?.catch(() => undefined);
    await this.#handle.close();
  }

  #wrote(range: number, position: number, written: Written): boolean {
    const next = this.positionOf(range) === this.#hashed;
    this.#note(range, position);
    if (this.#syncing === undefined && performance.now() - this.#syncedAt >= SYNC_INTERVAL) {
      // A disk that refuses it refuses the last sync too, and that one is waited for.
      this.#syncOnce().catch(() => undefined);
    }
    if (!next) {
      this.#hash();
      return false;
    }
    this.#hashed = position;
    return this.#hasher.advance(position, written);
  }

  #note(range: number, position: number): void {
    this.#done += position - this.positionOf(range);
    this.#at[range] = position;
    this.#positions.note(range, position);
  }

  /** Lets the checksum follow as far as there is no gap. */
  #hash(): void {
    while (
      this.#front < this.count - 1 &&
      this.positionOf(this.#front) === this.endOf(this.#front)
    ) {
      this.#front += 1;
    }
    const whole = this.positionOf(this.#front);
    if (whole - this.#hashed < HASH_STRIDE) return;
    this.#hashed = whole;
    this.#hasher.advance(whole);
  }

  /** One at a time; whoever comes while one is under way waits for that one. */
  #syncOnce(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #sync(): Promise<void> {
    const durable = [...this.#at];
    await this.#handle.datasync();
    const front = durable.findIndex((at, range) => at < this.endOf(range));
    this.#record = {
      ...this.#record,
      durable: front < 0 ? this.#record.total : (durable[front] ?? 0),
      ranges: { ...this.#record.ranges, durable },
    };
    await writeRecord(this.#order.file, this.#record, { settled: false });
    this.#syncedAt = performance.now();
  }
}

/** Whether it makes sense: ranges that follow one another to the end, each no further than its end. */
function isRanged(record: PartRecord): record is RangedRecord {
  const { ranges, total } = record;
  if (ranges === undefined || total === null || record.complete !== null) return false;
  const { ends, durable } = ranges;
  return (
    ends.length === durable.length &&
    ends.at(-1) === total &&
    ends.every((end, range) => {
      const start = range === 0 ? 0 : (ends[range - 1] ?? 0);
      const at = durable[range] ?? -1;
      return end > start && at >= start && at <= end;
    })
  );
}
