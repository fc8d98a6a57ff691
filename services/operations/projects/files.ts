import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readFile, realpath, rename, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ValidationError } from '../../errors.ts';
import { DOCUMENT_LIMITS } from './document.ts';

/** For `catch`: what is not there is `undefined`. */
export function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
  throw error;
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Whether there is something of that name, be it a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing)) !== undefined;
}

export function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Of a file's content; undefined where there is no such file. */
export async function sha256OfFile(
  file: string,
  signal: AbortSignal,
): Promise<{ readonly sha256: string; readonly bytes: number } | undefined> {
  const found = await stat(file).catch(ignoreMissing);
  if (found?.isFile() !== true) return undefined;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return { sha256: hash.digest('hex'), bytes: found.size };
}

/** Replaces a file as a whole, durably: after a crash it is the old one or the new one. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const draft = `${file}.tmp`;
  const handle = await open(draft, 'w', 0o666);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  await syncFolder(dirname(file));
}

/** Makes the names in a folder durable. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The text of a JSON file that somebody names.
 * @throws ValidationError where there is none, or no file of a size that could be one
 */
export async function readNamedFile(file: string): Promise<string> {
  const found = await stat(file).catch(ignoreMissing);
  if (found?.isFile() !== true) {
    throw new ValidationError(`${file} is no file that can be read`, { details: { file } });
  }
  if (found.size > DOCUMENT_LIMITS.bytes) {
    throw new ValidationError(`${file} is larger than ${DOCUMENT_LIMITS.bytes} bytes`, {
      details: { file, bytes: found.size },
    });
  }
  return decoded(await readFile(file), file);
}

function decoded(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ValidationError(`${file} is no text in UTF-8`, { details: { file }, cause });
  }
}

/** Whether what is at a path, links followed, is in a folder, links followed. What is not there is not. */
export async function isWithin(folder: string, path: string): Promise<boolean> {
  const [outer, inner] = await Promise.all(
    [folder, path].map(each => realpath(each).catch(ignoreMissing)),
  );
  if (outer === undefined || inner === undefined) return false;
  return inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
