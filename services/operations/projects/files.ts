import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { lstat, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
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

/** What keeps somebody from one file, and is not over at the next attempt: no reason to let all others be. */
const OF_ONE_FILE = new Set(
  'EACCES EEXIST EIO EISDIR ELOOP ENAMETOOLONG ENOTDIR ENOTEMPTY EPERM EROFS'.split(' '),
);

/** For `catch`: what is wrong with the one file that was asked for, in words. Whatever is about more than that is thrown on. */
export function ofOneFile(error: unknown): string {
  return wordsFor(error, 'cannot be read');
}

/** The same where it was to be written or removed. */
export function cannotChange(error: unknown): string {
  return wordsFor(error, 'cannot be changed');
}

function wordsFor(error: unknown, words: string): string {
  const code = codeOf(error);
  if (typeof code !== 'string' || !OF_ONE_FILE.has(code)) throw error;
  return code === 'ELOOP' ? 'is a link that leads to itself' : `${words} (${code})`;
}

/** A file that can be read; words where what is there is none, undefined where nothing is. */
async function fileAt(file: string): Promise<Stats | string | undefined> {
  const found = await stat(file).catch(ignoreMissing);
  if (found === undefined || found.isFile()) return found;
  return found.isDirectory() ? 'is a folder' : 'is no file';
}

/** Of a file's content; words where what is there cannot be read, undefined where nothing is. */
export async function sha256OfFile(
  file: string,
  signal: AbortSignal,
): Promise<{ readonly sha256: string } | string | undefined> {
  try {
    const found = await fileAt(file);
    if (typeof found !== 'object') return found;
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash, { signal });
    return { sha256: hash.digest('hex') };
  } catch (error) {
    return ofOneFile(error);
  }
}

/** The text of one of a project's own files; words where what is there is none, undefined where nothing is. A pipe that nobody writes to would be read for ever. */
export async function readOwn(
  file: string,
): Promise<{ readonly text: string } | string | undefined> {
  try {
    const found = await fileAt(file);
    if (typeof found !== 'object') return found;
    if (found.size > DOCUMENT_LIMITS.bytes) return `is larger than ${DOCUMENT_LIMITS.bytes} bytes`;
    return { text: await readFile(file, 'utf8') };
  } catch (error) {
    return ofOneFile(error);
  }
}

/**
 * Replaces a file as a whole, durably: after a crash it is the old one or the new one.
 * @param draft where it is written at first, in the same folder; what an attempt before has left there goes
 */
export async function writeDurably(
  file: string,
  text: string,
  draft = `${file}.tmp`,
): Promise<void> {
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o666);
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
  const found = await fileAt(file).catch(ofOneFile);
  if (typeof found !== 'object') {
    throw unreadable(file, found);
  }
  if (found.size > DOCUMENT_LIMITS.bytes) {
    throw new ValidationError(`${file} is larger than ${DOCUMENT_LIMITS.bytes} bytes`, {
      details: { file, bytes: found.size },
    });
  }
  const bytes = await readFile(file).catch(ofOneFile);
  if (typeof bytes === 'string') throw unreadable(file, bytes);
  return decoded(bytes, file);
}

function unreadable(file: string, problem: string | undefined): ValidationError {
  const why = problem === undefined ? '' : `: it ${problem}`;
  return new ValidationError(`${file} is no file that can be read${why}`, { details: { file } });
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
