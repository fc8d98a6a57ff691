import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { ignoreMissing } from '../download/record.ts';
import { type Command, runCommand, type Workshop } from './command.ts';
import { cleanEnvironment } from './environment.ts';
import { CommandError } from './errors.ts';
import { asEnvironment, headerOf, QUIET, secretsOf } from './git-environment.ts';
import type { RepositoryAuth } from './input.ts';
import { isCommit, isShortCommit } from './names.ts';
import { PROTOCOLS, type Protocol } from './repository-url.ts';

/** Where a repository is, and how to get in. */
export interface Source {
  readonly repository: string;
  readonly ref: string | undefined;
  readonly auth: RepositoryAuth | undefined;
}

export interface GitOptions {
  readonly program: string;
  readonly protocols: readonly Protocol[];
  readonly submodules: boolean;
}

/** git, kept from running what a repository brings, and from asking questions. */
export class Git {
  readonly #options: GitOptions;
  readonly #source: Source;
  readonly #workshop: Workshop;

  constructor(options: GitOptions, source: Source, workshop: Workshop) {
    this.#options = options;
    this.#source = source;
    this.#workshop = workshop;
  }

  /**
   * The commit that the ref stands for at the moment; a branch comes before a tag of the same name, as with `git clone --branch`. Undefined for the
   * beginning of a commit id, which only the repository itself can complete.
   * @throws ValidationError where there is no such ref
   */
  async resolve(): Promise<string | undefined> {
    const { repository, ref } = this.#source;
    if (ref !== undefined && isCommit(ref)) return ref;
    const names =
      ref === undefined || ref === 'HEAD'
        ? ['HEAD']
        : [ref, `refs/heads/${ref}`, `refs/tags/${ref}^{}`, `refs/tags/${ref}`].filter(
            name => name !== ref || ref.startsWith('refs/'),
          );
    const answer = await this.#remote('ls-remote', 'ls-remote', '--', repository, ...names);
    const known = new Map(
      answer.split('\n').flatMap(line => {
        const [commit, name] = line.split('\t');
        return commit !== undefined && name !== undefined ? [[name, commit] as const] : [];
      }),
    );
    const found = names.map(name => known.get(name)).find(commit => commit !== undefined);
    if (found !== undefined) return found;
    if (ref !== undefined && isShortCommit(ref)) return undefined;
    const what = ref === undefined ? 'no HEAD, it may be empty' : `no branch or tag "${ref}"`;
    throw new ValidationError(`${repository} has ${what}`, { details: { repository, ref } });
  }

  /**
   * Brings a commit into the staging folder's repository, which is made where there is none: alone, without history, where the server allows it.
   * What an earlier attempt has brought is not fetched again.
   * @param commit undefined for the one that the ref is the beginning of
   * @returns the commit
   */
  async fetch(commit: string | undefined): Promise<string> {
    const { repository } = this.#source;
    await this.#dropLeftovers();
    await this.#local('init', 'init', '--quiet', '--template=', '.');
    await this.#local('config', 'config', 'remote.origin.url', repository);
    if (commit !== undefined) {
      const args = ['fetch', '--progress', '--no-tags', '--no-recurse-submodules', '--depth', '1'];
      try {
        await this.#remote('fetch', ...args, '--', repository, commit);
        return commit;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        this.#workshop.log.info(
          { commit },
          'the server does not give a single commit; fetching all',
        );
      }
    }
    await this.#remote(
      'fetch',
      ...['fetch', '--progress', '--no-recurse-submodules', '--force', '--', repository],
      '+refs/heads/*:refs/remotes/origin/*',
      '+refs/tags/*:refs/tags/*',
    );
    return commit ?? (await this.#completed(this.#source.ref ?? 'FETCH_HEAD'));
  }

  /** Puts a commit's files into the staging folder. */
  async checkout(commit: string): Promise<void> {
    await this.#dropLeftovers();
    await this.#local('checkout', 'checkout', '--force', '--detach', '--quiet', commit);
    if (!this.#options.submodules) return;
    const args = ['submodule', 'update', '--init', '--recursive', '--force', '--depth', '1'];
    await this.#remote('submodules', ...args);
  }

  /** The files that a repository tracks where a pattern fits; only those that are not there, where that is asked for. */
  async tracked(folder: string, pattern: string, only: 'all' | 'missing'): Promise<string[]> {
    const which = only === 'missing' ? ['--deleted'] : [];
    const answer = await this.#inside(folder, 'ls-files', ...which, '-z', '--', pattern);
    return answer.split('\0').filter(file => file !== '');
  }

  /** What is wrong with a folder that should have a commit's files; empty for nothing. */
  async problems(folder: string, commit: string): Promise<string[]> {
    const head = (await this.#inside(folder, 'rev-parse', '--verify', 'HEAD')).trim();
    const problems = head === commit ? [] : [`its commit is ${head}, not ${commit}`];
    const gone = await this.tracked(folder, '.', 'missing');
    if (gone.length > 0) problems.push(`files are missing: ${someOf(gone)}`);
    return problems;
  }

  /** The files of a commit and of its submodules that are there: what each is, by its path. */
  async tree(folder: string, commit: string): Promise<Map<string, string>> {
    const tree = new Map<string, string>();
    const answer = await this.#inside(folder, 'ls-tree', '-r', '-z', '--full-tree', commit);
    for (const { facts, path } of entriesOf(answer)) {
      tree.set(path, facts);
      const [mode, , id = ''] = facts.split(' ');
      const inner = join(folder, path);
      if (mode !== SUBMODULE || !(await isOwnRepository(inner))) continue;
      for (const [file, what] of await this.tree(inner, id)) tree.set(`${path}/${file}`, what);
    }
    return tree;
  }

  /** The files of a commit and of its submodules that are not as they were. */
  async changed(folder: string, commit: string): Promise<Set<string>> {
    const options = ['-z', '--name-only', '--no-renames', '--no-ext-diff', '--no-textconv'];
    const args = [...options, '--ignore-submodules=all', commit, '--'];
    const answer = await this.#inside(folder, 'diff', ...args);
    const changed = new Set(answer.split('\0').filter(path => path !== ''));
    const links = await this.#inside(folder, 'ls-tree', '-r', '-z', '--full-tree', commit);
    for (const { facts, path } of entriesOf(links)) {
      const [mode, , id = ''] = facts.split(' ');
      const inner = join(folder, path);
      if (mode !== SUBMODULE || !(await isOwnRepository(inner))) continue;
      for (const file of await this.changed(inner, id)) changed.add(`${path}/${file}`);
    }
    return changed;
  }

  async #completed(ref: string): Promise<string> {
    const { repository } = this.#source;
    try {
      const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
      return (await this.#local('rev-parse', ...args)).trim();
    } catch (error) {
      this.#workshop.signal.throwIfAborted();
      throw new ValidationError(`${repository} has no branch, tag or commit "${ref}"`, {
        cause: error,
        details: { repository, ref },
      });
    }
  }

  #local(what: string, ...args: readonly string[]): Promise<string> {
    return runCommand(this.#command(what, args, {}), this.#workshop);
  }

  #inside(folder: string, ...args: readonly string[]): Promise<string> {
    const command = this.#command(args[0] ?? '', args, {});
    return runCommand({ ...command, cwd: folder, maxAnswer: MAX_LIST }, this.#workshop);
  }

  #remote(what: string, ...args: readonly string[]): Promise<string> {
    return runCommand(this.#command(what, args, this.#authority()), this.#workshop);
  }

  #command(
    what: string,
    args: readonly string[],
    config: Readonly<Record<string, string>>,
  ): Command {
    const secrets = secretsOf(this.#source.auth);
    const env = cleanEnvironment({ ...QUIET, ...asEnvironment(config) });
    return {
      program: this.#options.program,
      args: [...this.#settings(), ...args],
      what: `git ${what}`,
      answers: true,
      env: { ...env, GIT_CEILING_DIRECTORIES: this.#workshop.place.root },
      secrets,
    };
  }

  /** Which ways git may take, also to submodules and after redirects; and that nothing of the repository is run. */
  #settings(): string[] {
    const allowed = PROTOCOLS.map(protocol => {
      const use = protocol === 'file' ? 'user' : 'always';
      return `protocol.${protocol}.allow=${this.#options.protocols.includes(protocol) ? use : 'never'}`;
    });
    const settings = [
      'protocol.allow=never',
      'protocol.ext.allow=never',
      ...allowed,
      'core.hooksPath=/dev/null',
      'core.fsmonitor=false',
      'advice.detachedHead=false',
      'gc.auto=0',
      'maintenance.auto=false',
      'credential.interactive=false',
    ];
    return settings.flatMap(setting => ['-c', setting]);
  }

  /** The header goes to the server that it is for, and follows no redirect to another. */
  #authority(): Readonly<Record<string, string>> {
    const { auth, repository } = this.#source;
    if (auth === undefined) return {};
    return {
      [`http.${new URL(repository).origin}/.extraHeader`]: `Authorization: ${headerOf(auth)}`,
      'http.followRedirects': 'false',
    };
  }

  /** Locks and half packs of a git that was killed; whoever holds the staging folder is alone in it. */
  async #dropLeftovers(): Promise<void> {
    const folder = join(this.#workshop.place.staging, '.git');
    const names = await readdir(folder, { recursive: true }).catch(ignoreMissing);
    for (const name of names ?? []) {
      const half = /(^|[/\\])objects[/\\].*(^|[/\\])tmp_[^/\\]+$/.test(name);
      if (half || /\.lock$/.test(name))
        await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** The first of many files. */
export function someOf(files: readonly string[]): string {
  const more = files.length > 3 ? ` and ${files.length - 3} more` : '';
  return `${files.slice(0, 3).join(', ')}${more}`;
}

/** Mode of a submodule in a tree. */
const SUBMODULE = '160000';
/** Bytes of a list of files. */
const MAX_LIST = 268_435_456;

/** What `ls-tree -z` says: of each file what it is, and its path. A path may have tabs and line breaks in it, too. */
function entriesOf(answer: string): { readonly facts: string; readonly path: string }[] {
  return answer.split('\0').flatMap(entry => {
    const tab = entry.indexOf('\t');
    return tab < 0 ? [] : [{ facts: entry.slice(0, tab), path: entry.slice(tab + 1) }];
  });
}

/** Whether a folder has a repository of its own, and git would not look for one above it. */
async function isOwnRepository(folder: string): Promise<boolean> {
  return (await lstat(join(folder, '.git')).catch(ignoreMissing)) !== undefined;
}

function isRefusal(error: unknown): boolean {
  return error instanceof CommandError && error.trouble === 'refused';
}
