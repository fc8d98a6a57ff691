import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Digests } from './digests.ts';

/**
 * What is known of a part, kept beside it as `<file>.part.json`. It names the version of the remote file that the part's bytes belong to,
 * so that bytes of two versions are never joined.
 */
export interface PartRecord {
  readonly format: 1;
  readonly url: string;
  /** A strong ETag, or null. */
  readonly etag: string | null;
  /** A `Last-Modified` that is old enough to be a strong validator, or null. */
  readonly lastModified: string | null;
  /** Bytes of the whole file, once they are known. */
  readonly total: number | null;
  /** Bytes from the beginning of the part that are known to be on the disk. */
  readonly durable: number;
  /** SHA-256 of the whole file, once it was complete and was about to get its name. */
  readonly complete: string | null;
  /** What the server says of the whole file's content. */
  readonly digests?: Digests;
  /** Where the file comes in ranges at the same time, which are they. */
  readonly ranges?: RangesRecord;
  /** Ranges did not do; the next attempt takes one stream. */
  readonly single?: true;
}

export interface RangesRecord {
  /** Names this plan; a file that begins anew has another one. */
  readonly generation: string;
  /** Of each range: the position behind its last byte. They follow one another. */
  readonly ends: readonly number[];
  /** Of each range: the position up to which it is known to be on the disk. */
  readonly durable: readonly number[];
}

const bytes = z.int().nonnegative();
const schema = z.strictObject({
  format: z.literal(1),
  url: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  total: bytes.nullable(),
  durable: bytes,
  complete: z.string().nullable(),
  digests: z.strictObject({ sha256: z.string(), sha512: z.string() }).partial().optional(),
  ranges: z
    .strictObject({ generation: z.string(), ends: z.array(bytes), durable: z.array(bytes) })
    .optional(),
  single: z.literal(true).optional(),
});

export function recordPath(file: string): string {
  return `${file}.part.json`;
}

/** The record; undefined when there is none, or none that makes sense: then nothing is known of the part. */
export async function readRecord(file: string): Promise<PartRecord | undefined> {
  const text = await readFile(recordPath(file), 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text)) as PartRecord;
  } catch {
    return undefined;
  }
}

/**
 * Replaces the record as a whole. A crash leaves the old one or the new one.
 *
 * `settled` also syncs the folder, so that the old one cannot come back. It is needed when the record changes its meaning; without it, an
 * old record can return after a crash of the machine, and only says that fewer bytes are durable.
 */
export async function writeRecord(
  file: string,
  record: PartRecord,
  { settled }: { readonly settled: boolean },
): Promise<void> {
  const path = recordPath(file);
  const draft = `${path}.tmp`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(record));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  if (settled) await syncFolder(file);
}

/** `<file>.part.at`: how far each range is, as the last process knew it. */
export function positionsPath(file: string): string {
  return `${file}.part.at`;
}

export async function removeRecord(file: string): Promise<void> {
  await rm(positionsPath(file), { force: true });
  await rm(`${recordPath(file)}.tmp`, { force: true });
  await rm(recordPath(file), { force: true });
}

/** Makes the names in a file's folder durable. Windows has no such call and needs none. */
export async function syncFolder(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** For `catch`: a file that is not there is `undefined`. */
export function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

export function blankRecord(url: string): PartRecord {
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
