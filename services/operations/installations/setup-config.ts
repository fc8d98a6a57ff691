import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { isPlainFile } from './plain-file.ts';

const FILE = 'setup.cfg';

/**
 * Refuses a `setup.cfg` that says where packages go: up to Python 3.9 pip goes by the one in the folder that it works in, puts programs of packages there,
 * and moves away what it finds.
 * @throws ValidationError
 */
export async function refuseScheme(folder: string): Promise<void> {
  const path = join(folder, FILE);
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return;
  // Whatever the encoding is: these letters are the same in all that Python would read here.
  if (
    (await isPlainFile(folder, FILE)) &&
    !(await readFile(path, 'latin1')).includes('[install]')
  ) {
    return;
  }
  throw new ValidationError(
    `${FILE} says where packages go ("[install]"), or is no ordinary file; that needs the option scripts`,
    { details: { file: FILE } },
  );
}
