import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { hashFile } from './hasher.ts';
import type { Order } from './input.ts';
import { partPath } from './part.ts';
import { ignoreMissing, readRecord, removeRecord } from './record.ts';
import type { DownloadResult } from './result.ts';

/** Makes the folder of a file where it is missing. @throws ValidationError where that cannot be, or a folder has the file's name */
export async function makeRoom(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new ValidationError(`${dirname(file)} is not a folder`, { cause: error });
  }
  const target = await stat(file).catch(ignoreMissing);
  if (target?.isDirectory()) {
    throw new ValidationError(`${file} is a folder; name the file to write`, { details: { file } });
  }
}

/** The finished file of an attempt that could not tell any more, or one that has the right content anyway. */
export async function alreadyThere(
  order: Order,
  signal: AbortSignal,
): Promise<DownloadResult | undefined> {
  const target = await stat(order.file).catch(ignoreMissing);
  const record = await readRecord(order.file);
  const finished = record?.url === order.url ? (record.complete ?? undefined) : undefined;
  const expected = order.sha256 ?? finished;
  if (!target?.isFile() || expected === undefined) return undefined;
  const { sha256 = '' } = await hashFile(order.file, target.size, signal);
  if (sha256 !== expected) return undefined;
  await dropPart(order.file);
  if (record?.complete !== sha256) await removeRecord(order.file);
  return { file: order.file, bytes: target.size, sha256, resumedFrom: target.size };
}

/** What is there of a download that is not needed any more; its record stays. */
export async function dropPart(file: string): Promise<void> {
  await rm(partPath(file), { force: true });
}
