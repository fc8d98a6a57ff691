import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { runCommand, type Workshop } from './command.ts';
import { cleanEnvironment, npmEnvironment } from './environment.ts';
import { type Git, someOf } from './git.ts';
import type { Ecosystem } from './manifest.ts';
import { refuseSettings } from './npm-settings.ts';
import { isLink, isPlainFile } from './plain-file.ts';
import { refuseBuilds } from './requirements.ts';
import { refuseScheme } from './setup-config.ts';
import { removeTree } from './staging.ts';

export interface DependencyOptions {
  /** What npm gets packages with that come from git. */
  readonly git: string;
  readonly npm: string;
  readonly python: string;
  /** Which dependencies are looked for. */
  readonly ecosystems: readonly Ecosystem[];
  /** Whether packages may run code of theirs while they are installed. */
  readonly scripts: boolean;
  readonly npmArguments: readonly string[];
  /** Names of variables that npm gets although it may run nothing. */
  readonly npmEnvironment: readonly string[];
  readonly pipArguments: readonly string[];
  /** Name of the folder for pip's packages; `null` for the environment of `python` itself. */
  readonly pythonTarget: string | null;
}

/**
 * `python -m pip`, but for the folder that it works in: Python would look there first, and a repository may have a `pip` of its own, or anything else
 * that pip imports. (`-P` does the same from Python 3.11 on.)
 */
const PIP =
  "import runpy, sys; sys.path[:] = [p for p in sys.path if p]; runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/** Mode of a link in git's trees. */
const LINK = '120000 ';

/** Installs what a folder says that it needs; resolves to which kinds there were. */
export async function installDependencies(
  folder: string,
  options: DependencyOptions,
  workshop: Workshop,
  git: Pick<Git, 'tracked' | 'tree'>,
): Promise<readonly Ecosystem[]> {
  const found: Ecosystem[] = [];
  if (options.ecosystems.includes('npm') && (await isPlainFile(folder, 'package.json'))) {
    await installNpm(folder, options, workshop, git);
    found.push('npm');
  }
  if (options.ecosystems.includes('pip') && (await isPlainFile(folder, 'requirements.txt'))) {
    await installPip(folder, options, workshop, git);
    found.push('pip');
  }
  return found;
}

async function installNpm(
  folder: string,
  { git, npm, scripts, npmArguments, npmEnvironment: also }: DependencyOptions,
  workshop: Workshop,
  repository: Pick<Git, 'tracked' | 'tree'>,
): Promise<void> {
  if (!scripts) await refuseSettings(folder);
  // npm empties the folder first, wherever a link leads.
  await refuseLink(folder, 'node_modules');
  await refuseWaysOut(folder, await repository.tree(folder, 'HEAD'));
  const locked =
    (await isPlainFile(folder, 'package-lock.json')) ||
    (await isPlainFile(folder, 'npm-shrinkwrap.json'));
  // `npm ci` removes all that is there; `npm install` only what nobody asked for.
  if (locked) {
    refuseTracked('npm', await repository.tracked(folder, ':(glob)node_modules/**', 'all'));
  }
  const verb = locked ? 'ci' : 'install';
  const quiet = ['--omit=dev', '--no-audit', '--no-fund', '--no-progress', '--no-update-notifier'];
  // Not into the folder for all users' packages.
  const here = ['--no-global', '--location=project'];
  const careful = scripts ? ['--ignore-scripts=false'] : ['--ignore-scripts'];
  await runCommand(
    {
      program: npm,
      args: [verb, ...quiet, ...here, ...careful, ...npmArguments],
      what: `npm ${verb}`,
      cwd: folder,
      env: scripts ? cleanEnvironment({ GIT_TERMINAL_PROMPT: '0' }) : npmEnvironment(git, also),
    },
    workshop,
  );
  const gone = await repository.tracked(folder, ':(glob)**/node_modules/**', 'missing');
  refuseTracked('npm', gone);
}

async function installPip(
  folder: string,
  { python, scripts, pipArguments, pythonTarget }: DependencyOptions,
  workshop: Workshop,
  repository: Pick<Git, 'tracked' | 'tree'>,
): Promise<void> {
  const file = 'requirements.txt';
  if (!scripts) {
    await refuseBuilds(folder, file);
    await refuseScheme(folder);
  }
  if (pythonTarget !== null) {
    await refuseLink(folder, pythonTarget);
    refuseTracked('pip', await repository.tracked(folder, `:(literal)${pythonTarget}/`, 'all'));
    // pip would leave alone what an attempt that was cut short has put there by halves. Its cache keeps what was downloaded.
    await removeTree(join(folder, pythonTarget));
  }
  const quiet = ['--no-input', '--disable-pip-version-check', '--no-warn-script-location'];
  const careful = scripts ? [] : ['--only-binary=:all:'];
  const target = pythonTarget === null ? [] : ['--target', join(folder, pythonTarget)];
  await runCommand(
    {
      program: python,
      args: ['-c', PIP, 'install', ...quiet, ...careful, ...target, ...pipArguments, '-r', file],
      what: 'pip install',
      cwd: folder,
      env: cleanEnvironment({ GIT_TERMINAL_PROMPT: '0' }),
    },
    workshop,
  );
}

async function refuseLink(folder: string, name: string): Promise<void> {
  if (!(await isLink(join(folder, name)))) return;
  throw new ValidationError(`the repository has a link in place of ${name}`, {
    details: { link: name },
  });
}

/** npm puts packages into what is in `node_modules`, and into folders that the repository calls workspaces, wherever links lead. */
async function refuseWaysOut(folder: string, tree: ReadonlyMap<string, string>): Promise<void> {
  const inside = `${await realpath(folder)}${sep}`;
  for (const [path, facts] of tree) {
    if (!facts.startsWith(LINK)) continue;
    const real = await realpath(join(folder, path)).catch(() => undefined);
    if (real === undefined || !(await stat(real)).isDirectory()) continue;
    const own = `${real}${sep}`;
    if (own.startsWith(inside) && !own.startsWith(`${inside}.git${sep}`)) continue;
    throw new ValidationError(
      `the repository has a link that leads out of it, by which npm could write elsewhere: ${path}`,
      { details: { link: path } },
    );
  }
}

/** What is removed to make room for packages would be missing for ever after. */
function refuseTracked(ecosystem: Ecosystem, files: readonly string[]): void {
  if (files.length === 0) return;
  throw new ValidationError(
    `the repository has files of its own where ${ecosystem} puts packages: ${someOf(files)}; install it without the dependencies of ${ecosystem}`,
    { details: { ecosystem, files: files.slice(0, 100) } },
  );
}
