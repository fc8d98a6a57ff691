import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../ports.ts';
import { ignoreMissing, syncFolder } from '../download/record.ts';
import { readDurable, writeDurably } from './durable-file.ts';
import { CommandError } from './errors.ts';
import type { Git } from './git.ts';
import { type CarriedOver, KEPT, MANIFEST, PYTHON_PACKAGES } from './manifest.ts';
import { kindOf, makeFolderFor, putThere, sameContent, wayIsFree } from './own-file.ts';

/** A version of an installation. */
export interface Version {
  readonly folder: string;
  readonly commit: string;
}

interface Tools {
  readonly git: Pick<Git, 'tree' | 'changed'>;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Name of the folder for pip's packages; `null` for none. */
  readonly pythonTarget: string | null;
}

/** Conflicts that are told by name. */
const TOLD = 100;
/** In the new version's `.git`: what an earlier attempt was going to put there, so that the next one knows that from what came with the version. */
const LIST = join('.git', 'xstate-recovery-carried.json');
const list = z.array(z.string());

/**
 * Brings what programs and people have made of an installation into the version that is to take its place, while that is in its staging folder: files that
 * the repository did not track, and changed ones that it tracks and the new version leaves as they were. The new version wins wherever it has something
 * else; what was there is kept in a folder of its own then, and told. The old version is only read.
 *
 * It may be called again: what has changed since comes again, and what is gone goes.
 */
export async function carryOver(from: Version, to: Version, tools: Tools): Promise<CarriedOver> {
  const over = await Plan.make(from, to, tools);
  await writeDurably(join(to.folder, LIST), [...over.moves.values()]);
  for (const gone of over.gone) await rm(join(to.folder, gone), { recursive: true, force: true });
  const folders = new Set<string>();
  for (const [path, target] of over.moves) {
    tools.signal.throwIfAborted();
    folders.add(await makeFolderFor(to.folder, target));
    await putThere(join(from.folder, path), join(to.folder, target));
  }
  for (const empty of over.emptyFolders) {
    if (await wayIsFree(to.folder, `${empty}/x`)) {
      await mkdir(join(to.folder, empty), { recursive: true });
    }
  }
  for (const folder of folders) await syncFolder(join(folder, 'x'));
  const { conflicts, keptIn } = over;
  const files = over.moves.size - conflicts.length;
  if (files > 0) tools.log.info({ files }, 'carried over from the version before');
  if (conflicts.length > 0) {
    const told = { conflicts: conflicts.slice(0, TOLD), keptIn };
    tools.log.warn(told, 'the new version has something else for some files; theirs are kept');
  }
  return {
    files,
    conflicts: conflicts.slice(0, TOLD),
    conflicting: conflicts.length,
    keptIn: conflicts.length > 0 ? keptIn : null,
  };
}

/** What goes where. */
class Plan {
  /** From a path in the old version to one in the new. */
  readonly moves = new Map<string, string>();
  readonly emptyFolders: string[] = [];
  /** Paths in the old version for which the new one has something else. */
  readonly conflicts: string[] = [];
  /** What an earlier attempt has brought that is no more. */
  gone: readonly string[] = [];
  readonly keptIn: string;
  readonly #from: Version;
  readonly #to: Version;
  readonly #before: ReadonlyMap<string, string>;
  readonly #changed: ReadonlySet<string>;
  readonly #after: ReadonlyMap<string, string>;
  readonly #ours: ReadonlySet<string>;
  readonly #installed: ReadonlySet<string>;

  private constructor(
    { from, to }: { readonly from: Version; readonly to: Version },
    keptIn: string,
    known: {
      readonly before: ReadonlyMap<string, string>;
      readonly changed: ReadonlySet<string>;
      readonly after: ReadonlyMap<string, string>;
      readonly ours: ReadonlySet<string>;
    },
    pythonTarget: string | null,
  ) {
    this.#from = from;
    this.#to = to;
    this.keptIn = keptIn;
    this.#before = known.before;
    this.#changed = known.changed;
    this.#after = known.after;
    this.#ours = known.ours;
    const packages = ['node_modules', PYTHON_PACKAGES, pythonTarget ?? PYTHON_PACKAGES];
    this.#installed = new Set([...packages, '.git', MANIFEST, `${MANIFEST}.tmp`]);
  }

  static async make(from: Version, to: Version, tools: Tools): Promise<Plan> {
    const { before, changed } = await stateOf(from, tools);
    const after = await tools.git.tree(to.folder, to.commit);
    const said = await readDurable(join(to.folder, LIST), list);
    const ours = new Set(said === 'torn' ? [] : said);
    const known = { before, changed, after, ours };
    const plan = new Plan({ from, to }, await keepingFolder(from), known, tools.pythonTarget);
    await plan.#walk(tools.signal);
    const wanted = new Set(plan.moves.values());
    plan.gone = [...ours].filter(path => !wanted.has(path) && !after.has(path));
    return plan;
  }

  /** Links are files here: whatever they lead to is not looked at. */
  async #walk(signal: AbortSignal): Promise<void> {
    const waiting = [''];
    for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
      signal.throwIfAborted();
      const folder = join(this.#from.folder, below);
      const entries = await readdir(folder, { withFileTypes: true }).catch(ignoreMissing);
      if (entries?.length === 0 && below !== '') this.emptyFolders.push(below);
      for (const entry of entries ?? []) {
        const path = below === '' ? entry.name : `${below}/${entry.name}`;
        if (this.#isInstalled(path, entry.name)) continue;
        if (entry.isDirectory()) waiting.push(path);
        else if (entry.isFile() || entry.isSymbolicLink()) await this.#file(path);
      }
    }
  }

  /** Whether an installation makes that by itself, or Python when it runs. */
  #isInstalled(path: string, name: string): boolean {
    if (name === '__pycache__' || this.#installed.has(path)) return true;
    // npm writes one where there is none; of a submodule `.git` is a file.
    if (path === 'package-lock.json') return !this.#before.has(path);
    return name === '.git' && this.#before.has(path.slice(0, -'/.git'.length));
  }

  async #file(path: string): Promise<void> {
    const known = this.#before.get(path);
    if (known !== undefined && !this.#changed.has(path)) return;
    if (!(await wayIsFree(this.#to.folder, path))) return this.#keepAside(path);
    const there = await kindOf(join(this.#to.folder, path));
    const now = this.#after.get(path);
    const unchanged = known === now;
    if (there === 'folder' || !unchanged) await this.#conflict(path);
    else if (known !== undefined || there === undefined || this.#ours.has(path)) {
      this.moves.set(path, path);
    }
    // Otherwise the new version has made it as it was installed, such as a package that builds something: the old one's is of no more use.
  }

  async #conflict(path: string): Promise<void> {
    const same = await sameContent(join(this.#from.folder, path), join(this.#to.folder, path));
    if (!same) this.#keepAside(path);
  }

  #keepAside(path: string): void {
    this.conflicts.push(path);
    this.moves.set(path, `${this.keptIn}/${path}`);
  }
}

/** What a version tracks, and what of it is not as it was. Where nobody can tell, nothing is tracked, and so nothing gets lost. */
async function stateOf({ folder, commit }: Version, { git, signal, log }: Tools) {
  try {
    return { before: await git.tree(folder, commit), changed: await git.changed(folder, commit) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CommandError) || error.trouble === 'timeout') throw error;
    log.warn({ problem: error.message }, 'the old version cannot tell which files are its own');
    return { before: new Map<string, string>(), changed: new Set<string>() };
  }
}

/** A folder for what is in conflict with the version that comes, which none before has used. */
async function keepingFolder({ folder, commit }: Version): Promise<string> {
  const taken = (await readdir(join(folder, KEPT)).catch(ignoreMissing)) ?? [];
  const name = commit.slice(0, 12);
  let free = name;
  for (let number = 2; taken.includes(free); number += 1) free = `${name}-${number}`;
  return `${KEPT}/${free}`;
}
