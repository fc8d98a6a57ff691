import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Repository } from '../../../services/operations/installations/support/git-server.ts';
import { makeProgram } from '../../../services/operations/installations/support/stage.ts';
import type { CliPlace } from '../../../support/cli.ts';

/** A repository, and a git that does something else at a checkout until the file `free` is there. */
export async function heldGit({ folder, env }: CliPlace, instead: string): Promise<Repository> {
  env.GIT_CONFIG_GLOBAL = '/dev/null';
  const source = await Repository.make(join(folder, 'source'), { 'a.txt': 'one' });
  await makeProgram(
    folder,
    'git',
    `case "$*" in *checkout*) [ -e ${folder}/free ] || { ${instead}; } ;; esac
    PATH="\${PATH#*:}" exec git "$@"`,
  );
  env.PATH = `${join(folder, 'bin')}:${process.env.PATH}`;
  return source;
}

/** Notes its number and hangs. */
export const hang = (folder: string) => `echo $$ > ${folder}/git.pid; exec sleep 300`;
/** From now on git does what it is asked for. */
export const free = ({ folder }: CliPlace) => writeFile(join(folder, 'free'), '');
/** Whether a store is open, or was left as it was. */
export const locked = ({ folder }: CliPlace) =>
  stat(join(folder, 'recovery.db.lock')).then(
    () => true,
    () => false,
  );
