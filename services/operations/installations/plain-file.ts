import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Whether a path below a folder is an ordinary file, reached by no link that leads out of it. */
export async function isPlainFile(folder: string, path: string): Promise<boolean> {
  const full = join(folder, path);
  try {
    if (!(await lstat(full)).isFile()) return false;
    return (await realpath(full)).startsWith(`${await realpath(folder)}${sep}`);
  } catch {
    return false;
  }
}

/** Whether a name is a link, wherever it leads. */
export async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    there => there.isSymbolicLink(),
    () => false,
  );
}
