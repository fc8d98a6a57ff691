import { ValidationError } from '../../errors.ts';
import type { Git } from './git.ts';
import { type Manifest, readManifest } from './manifest.ts';
import type { InstallationsOptions, VerifyFacts } from './options.ts';
import { isFolder } from './place.ts';

/** Of an installation that nobody has made. */
export const NOT_THERE = 'it is not there';

/** What is wrong with an installation, as far as the manager itself can see; empty for nothing. */
export async function problemsOf(
  folder: string,
  expected: Pick<Manifest, 'commit' | 'repository'> | undefined,
  git: Git,
): Promise<string[]> {
  if (!(await isFolder(folder))) return [NOT_THERE];
  const manifest = await readManifest(folder);
  if (manifest === undefined) return ['it has no manifest that can be read'];
  const { commit, repository } = expected ?? manifest;
  if (!(await isFolder(`${folder}/.git`))) return ['its .git folder is missing'];
  const problems = await git.problems(folder, commit);
  if (manifest.commit !== commit) problems.unshift(`its manifest says ${manifest.commit}`);
  if (manifest.repository !== repository) {
    problems.unshift(`its manifest says ${manifest.repository}`);
  }
  return problems;
}

/**
 * Asks the user's own verification.
 * @throws ValidationError where it says no; else what it throws
 */
export async function askVerify(
  verify: InstallationsOptions['verify'],
  folder: string,
  facts: VerifyFacts,
): Promise<void> {
  if (verify === undefined || (await verify(folder, facts)) !== false) return;
  throw new ValidationError(`${folder} was refused by verify`, {
    details: { folder, phase: facts.phase },
  });
}
