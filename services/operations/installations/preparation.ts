import type { OperationContext } from '../../ports.ts';
import { carryOver } from './carry-over.ts';
import type { Workshop } from './command.ts';
import { installDependencies } from './dependencies.ts';
import { VerificationError } from './errors.ts';
import type { Git } from './git.ts';
import type { InstallOrder } from './input.ts';
import {
  type CarriedOver,
  type Ecosystem,
  hideFromGit,
  type Manifest,
  writeManifest,
} from './manifest.ts';
import type { Settings } from './options.ts';
import type { Staging } from './staging.ts';
import { askVerify, problemsOf } from './verification.ts';

/** What an attempt works with. */
export interface Attempt {
  readonly order: InstallOrder;
  readonly op: OperationContext;
  readonly settings: Settings;
  readonly workshop: Workshop;
  readonly git: Git;
}

/**
 * Makes a staging folder into what is to become the target. Each part looks at how far the folder is, not at which steps the operation has
 * finished: the folder may have been taken away since.
 */
export class Preparation {
  readonly #attempt: Attempt;
  readonly #staging: Staging;
  readonly #previous: Manifest | undefined;
  /** Undefined while only the repository itself knows. */
  #commit: string | undefined;

  /** @param versions the commit to install, as far as it is known, and what it takes the place of; that is undefined where it is nothing of this repository */
  constructor(
    attempt: Attempt,
    staging: Staging,
    versions: { readonly commit: string | undefined; readonly previous: Manifest | undefined },
  ) {
    this.#attempt = attempt;
    this.#staging = staging;
    this.#previous = versions.previous;
    this.#commit = versions.commit;
  }

  /** The commit's files are there. @returns the commit */
  async clone(): Promise<string> {
    const { git } = this.#attempt;
    const staging = this.#staging;
    const { clone, fetched } = staging.record;
    if (clone !== null && clone === (this.#commit ?? clone)) {
      this.#commit = clone;
      return clone;
    }
    if (clone !== null) await staging.clear();
    const commit =
      fetched !== null && fetched === this.#commit ? fetched : await git.fetch(this.#commit);
    await staging.reached({ fetched: commit });
    await git.checkout(commit);
    await hideFromGit(staging.place.staging);
    await staging.reached({ clone: commit });
    this.#commit = commit;
    return commit;
  }

  /** So is what they depend on. */
  async dependencies(): Promise<readonly Ecosystem[]> {
    await this.clone();
    const staging = this.#staging;
    const known = staging.record.dependencies;
    if (known !== null) return known;
    const { settings, workshop, git } = this.#attempt;
    const folder = staging.place.staging;
    const dependencies = await installDependencies(folder, settings.dependencies, workshop, git);
    await staging.reached({ dependencies });
    return dependencies;
  }

  /** And all that was found to be right. */
  async verify(): Promise<Manifest> {
    const { order, op, settings, git } = this.#attempt;
    const commit = await this.clone();
    const dependencies = await this.dependencies();
    const staging = this.#staging;
    const folder = staging.place.staging;
    const { repository, name, ref = null } = order;
    // Each time: what programs write into the version that is in use is to be in the next one as it was last.
    const carriedOver = await this.#carryOver(commit);
    const manifest: Manifest = {
      format: 1,
      name,
      repository,
      ref,
      commit,
      previousCommit: this.#previous?.commit ?? null,
      dependencies,
      operationId: op.id,
      installedAt: Date.now(),
      ...(carriedOver === undefined ? {} : { carriedOver }),
    };
    await writeManifest(folder, manifest);
    if (staging.record.verified) return manifest;
    const problems = await problemsOf(folder, manifest, git);
    if (problems.length > 0) {
      await staging.clear();
      throw new VerificationError(folder, problems);
    }
    await askVerify(settings.verify, folder, { phase: 'staged', manifest, signal: op.signal });
    await staging.reached({ verified: true });
    return manifest;
  }

  async #carryOver(commit: string): Promise<CarriedOver | undefined> {
    const { settings, op, git } = this.#attempt;
    const previous = this.#previous;
    if (previous === undefined || !settings.carryOver) return undefined;
    const { place } = this.#staging;
    const { signal, log } = op;
    const { pythonTarget } = settings.dependencies;
    const from = { folder: place.target, commit: previous.commit };
    const to = { folder: place.staging, commit };
    return carryOver(from, to, { git, signal, log, pythonTarget });
  }
}
