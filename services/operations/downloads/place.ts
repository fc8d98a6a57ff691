import { lstat, mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, posix, relative, sep, win32 } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { partPath } from '../download/part.ts';
import { ignoreMissing, positionsPath, recordPath } from '../download/record.ts';

/** Names that are devices on Windows, whatever comes behind a dot. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;

/**
 * The absolute path of a file below a root.
 * @param platform whose special names count
 * @throws ValidationError for a path that is not simply one below the root
 */
export function placeBelow(
  root: string,
  file: string,
  platform: NodeJS.Platform = process.platform,
): string {
  const problem = pathProblem(file) ?? (platform === 'win32' ? windowsProblem(file) : undefined);
  if (problem !== undefined) {
    throw new ValidationError(`file: ${problem}, got "${file}"`, { details: { file, root } });
  }
  return join(root, ...file.split('/'));
}

function pathProblem(file: string): string | undefined {
  if (posix.isAbsolute(file) || win32.isAbsolute(file) || /^[a-z]:/i.test(file)) {
    return 'must be a path below the root, not an absolute one';
  }
  if (file.includes('\\')) return 'must have / between its folders';
  if (file.split('/').some(name => name === '' || name === '.' || name === '..')) {
    return 'must not have empty parts, "." or ".."';
  }
  return undefined;
}

function windowsProblem(file: string): string | undefined {
  for (const name of file.split('/')) {
    if (DEVICES.test(name)) return `must not name the device ${name}`;
    if (/[<>:"|?*]/.test(name) || [...name].some(char => char < ' ')) {
      return 'must not have < > : " | ? * or control characters';
    }
    if (/[. ]$/.test(name)) return 'must not have names that end with a dot or a space';
  }
  return undefined;
}

/**
 * Refuses to write to a file where a symbolic link would lead out of the root, or stands in the place of the file or of what is kept
 * beside it. Makes the root where it is missing.
 * @throws ValidationError
 */
export async function guardPlace(root: string, file: string): Promise<void> {
  await mkdir(root, { recursive: true });
  const inside = await realpath(root);
  let folder = root;
  for (const name of relative(root, dirname(file)).split(sep).filter(Boolean)) {
    folder = join(folder, name);
    const stats = await lstat(folder).catch(ignoreMissing);
    if (stats === undefined) return;
    if (!stats.isSymbolicLink()) continue;
    const target = await realpath(folder).catch(ignoreMissing);
    if (target === undefined || !isInside(inside, target)) throw outside(file, folder);
  }
  const record = recordPath(file);
  const positions = positionsPath(file);
  const own = [record, `${record}.tmp`, positions, `${positions}.tmp`];
  for (const path of [file, partPath(file), ...own]) {
    const stats = await lstat(path).catch(ignoreMissing);
    if (stats?.isSymbolicLink()) throw outside(file, path);
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(file: string, link: string): ValidationError {
  return new ValidationError(
    `${file} is not written: ${basename(link)} is a symbolic link that could lead out of the root`,
    { details: { file, link } },
  );
}
