import type { OperationContext } from '../../ports.ts';
import type { Workshop } from './command.ts';
import { installDependencies } from './dependencies.ts';
import { VerificationError } from './errors.ts';
import type { Git } from './git.ts';
import type { InstallOrder } from './input.ts';
import { type Ecosystem, hideFromGit, type Manifest, writeManifest } from './manifest.ts';
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
  readonly #previousCommit: string | null;
  /** Undefined while only the repository itself knows. */
  #commit: string | undefined;

  /** @param commits the one to install, as far as it is known, and the one that it follows */
  constructor(
    attempt: Attempt,
    staging: Staging,
    { commit, previous }: { readonly commit: string | undefined; readonly previous: string | null },
  ) {
    this.#attempt = attempt;
    this.#staging = staging;
    this.#previousCommit = previous;
    this.#commit = commit;
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
    const { settings, workshop } = this.#attempt;
    const folder = staging.place.staging;
    const dependencies = await installDependencies(folder, settings.dependencies, workshop);
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
    const manifest: Manifest = {
      format: 1,
      name,
      repository,
      ref,
      commit,
      previousCommit: this.#previousCommit,
      dependencies,
      operationId: op.id,
      installedAt: Date.now(),
    };
    if (staging.record.verified) return manifest;
    await writeManifest(folder, manifest);
    const problems = await problemsOf(folder, manifest, git);
    if (problems.length > 0) {
      await staging.clear();
      throw new VerificationError(folder, problems);
    }
    await askVerify(settings.verify, folder, { phase: 'staged', manifest, signal: op.signal });
    await staging.reached({ verified: true });
    return manifest;
  }
}
