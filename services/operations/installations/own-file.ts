import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readlink,
  rm,
  symlink,
  utimes,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ValidationError } from '../../errors.ts';
import { ignoreMissing } from '../download/record.ts';

/** Bytes from which on a file is not copied but gets a second name: models are written once, settings again and again. */
const LARGE = 16 * 1024 * 1024;

/** What has a name: a folder, or anything else, such as a file or a link; undefined for nothing. */
export async function kindOf(path: string): Promise<'folder' | 'other' | undefined> {
  const there = await lstat(path).catch(ignoreMissing);
  if (there === undefined) return undefined;
  return there.isDirectory() ? 'folder' : 'other';
}

/** Whether all that stands before a path's last name is a folder or nothing, and so no link that leads elsewhere. */
export async function wayIsFree(root: string, path: string): Promise<boolean> {
  let folder = root;
  for (const name of path.split('/').slice(0, -1)) {
    folder = join(folder, name);
    const kind = await kindOf(folder);
    if (kind === undefined) return true;
    if (kind === 'other') return false;
  }
  return true;
}

/**
 * Makes the folder that a file is to be in. @returns it
 * @throws ValidationError where something else has its name
 */
export async function makeFolderFor(root: string, path: string): Promise<string> {
  if (!(await wayIsFree(root, path))) {
    throw new ValidationError(`the repository has a file or a link in the way of ${path}`, {
      details: { path },
    });
  }
  const folder = dirname(join(root, path));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Puts a file, or a link as it is, where it is to be, in place of one that is there; a file that has gone meanwhile is left out. */
export async function putThere(from: string, to: string): Promise<void> {
  const there = await lstat(from).catch(ignoreMissing);
  if (there === undefined) return;
  const before = await lstat(to).catch(ignoreMissing);
  const untouched =
    there.isFile() &&
    before?.isFile() === true &&
    before.size === there.size &&
    (before.ino === there.ino || Math.abs(before.mtimeMs - there.mtimeMs) < 1);
  if (untouched) return;
  await rm(to, { recursive: true, force: true });
  if (there.isSymbolicLink()) return symlink(await readlink(from), to);
  if (there.size >= LARGE && (await linked(from, to))) return;
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await utimes(to, there.atimeMs / 1000, there.mtimeMs / 1000);
  await sync(to);
}

/** File systems that do not link, and borders between two of them, are no trouble. */
async function linked(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    () => false,
  );
}

/** There is no other copy of it once the old version is gone. */
async function sync(file: string): Promise<void> {
  const handle = await open(file, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether two names stand for the same: files with the same bytes, or links to the same place. */
export async function sameContent(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map(path => lstat(path).catch(ignoreMissing)));
  if (a === undefined || b === undefined) return false;
  if (a.isSymbolicLink() && b.isSymbolicLink()) {
    return (await readlink(one)) === (await readlink(other));
  }
  if (!a.isFile() || !b.isFile() || a.size !== b.size) return false;
  return (await digest(one)) === (await digest(other));
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
