import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DiskSpaceError } from './errors.ts';

/**
 * @param there bytes of the file that have their place already
 * @throws DiskSpaceError when the rest of the file does not fit
 */
export async function ensureSpace(
  file: string,
  total: number | null,
  there: number,
): Promise<void> {
  if (total === null) return;
  const free = await freeBytes(file);
  const needed = total - there;
  if (free !== undefined && needed > free) throw shortage(file, { needed, free });
}

/** The same error where the disk has become full on the way; any other error as it is. */
export async function diskErrorOf(
  error: unknown,
  file: string,
  total: number | null,
  there: number,
): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOSPC') return error;
  const needed = total === null ? undefined : total - there;
  return shortage(file, { needed, free: await freeBytes(file) }, error);
}

/** Undefined where the file system does not tell. */
async function freeBytes(file: string): Promise<number | undefined> {
  const stats = await statfs(dirname(file)).catch(() => undefined);
  return stats === undefined ? undefined : stats.bavail * stats.bsize;
}

function shortage(
  file: string,
  facts: Pick<DiskSpaceError, 'needed' | 'free'>,
  cause?: unknown,
): DiskSpaceError {
  const folder = dirname(file);
  const needed = facts.needed === undefined ? 'more bytes' : `${facts.needed} more bytes`;
  const free = facts.free === undefined ? 'and the disk is full' : `${facts.free} are free`;
  return new DiskSpaceError(
    `there is not enough room in ${folder} for ${file}: ${needed} are needed, ${free}`,
    { folder, ...facts, ...(cause === undefined ? {} : { cause }) },
  );
}
