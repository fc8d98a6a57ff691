import { ValidationError } from '../../errors.ts';
import type { OperationContext } from '../../ports.ts';
import { exclusive } from '../download/exclusive.ts';
import { VerificationError } from './errors.ts';
import { Git } from './git.ts';
import type { InstallOrder } from './input.ts';
import {
  type CarriedOver,
  type Ecosystem,
  type Manifest,
  readManifest,
  writeManifest,
} from './manifest.ts';
import type { Settings } from './options.ts';
import { isThere, openPlace, type Place } from './place.ts';
import { type Attempt, Preparation } from './preparation.ts';
import {
  ownerElsewhere,
  recordedOperation,
  removeStagingAt,
  Staging,
  takeOver,
} from './staging.ts';
import { commitSwap, rollBack, settleSwap, swap, swappingOperation } from './swap.ts';
import { askVerify, problemsOf } from './verification.ts';
import { Telling, workshopOf } from './workshop.ts';

/** What `install` and `update` give. */
export interface InstallResult {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly repository: string;
  /** As it was asked for; `null` for the repository's HEAD. */
  readonly ref: string | null;
  readonly commit: string;
  /** What was there before; `null` for nothing of this repository. */
  readonly previousCommit: string | null;
  /** False where the commit was there already, whole. */
  readonly changed: boolean;
  readonly dependencies: readonly Ecosystem[];
  /** What has come along from the version before; absent where nothing could. */
  readonly carriedOver?: CarriedOver;
}

/** Within a process one operation at a time works on a target. */
export function takingTurns<T>(place: Place, signal: AbortSignal, work: () => Promise<T>) {
  return exclusive(`installation:${place.target}`, signal, work);
}

/**
 * Installs into a target, or goes on where an earlier attempt or process stopped.
 * @param orderOf what to install; asked when the target is settled, since it may be the target that says
 */
export async function installInto(
  { root, name }: { readonly root: string; readonly name: string },
  orderOf: (place: Place) => Promise<InstallOrder>,
  op: OperationContext,
  settings: Settings,
): Promise<InstallResult> {
  const place = await openPlace(root, name, op.id);
  return takingTurns(place, op.signal, async () => {
    // Before anything of it is on the disk.
    await op.onUndo('staging', { root: place.root, name });
    const swapped = (await settleSwap(place, op.id)) === 'swapped';
    const order = await orderOf(place);
    const result = await new Installation(place, order, op, settings).run(swapped);
    await removeStagingAt(place, op.id, settings.killGrace);
    return result;
  });
}

/** Takes away what an operation has prepared, and takes back a swap that it has begun, unless another process goes on with it that is alive. Idempotent. */
export async function takeBack(place: Place, operationId: string, grace: number): Promise<void> {
  if ((await ownerElsewhere(place)) !== undefined) return;
  if ((await swappingOperation(place)) === operationId) await rollBack(place);
  await removeStagingAt(place, operationId, grace);
}

class Installation {
  readonly #place: Place;
  readonly #telling: Telling;
  readonly #attempt: Attempt;

  constructor(place: Place, order: InstallOrder, op: OperationContext, settings: Settings) {
    this.#place = place;
    this.#telling = new Telling(op);
    const workshop = workshopOf(place, op, this.#telling, settings);
    const git = new Git(settings.git, order, workshop);
    this.#attempt = { order, op, settings, workshop, git };
  }

  /** @param swapped whether an earlier attempt has swapped, and nobody has looked at the target since */
  async run(swapped: boolean): Promise<InstallResult> {
    const { op, git } = this.#attempt;
    const there = await readManifest(this.#place.target);
    if (swapped && there !== undefined) {
      await takeOver(this.#place, op.id);
      // The step may be a success that was stored, or not; the folder is what counts.
      await this.#confirm(there);
      return op.step('swap', () => this.#result(there));
    }
    if (there !== undefined && (await this.#hasSwapped(there))) {
      return op.step('swap', () => this.#result(there));
    }
    await this.#refuseForeign(there);
    const staging = await Staging.claim(this.#place, op.id, this.#attempt.settings.killGrace);
    this.#telling.begin('resolve');
    const commit = await op.step('resolve', async () => (await git.resolve()) ?? null);
    if (there !== undefined && (await this.#isThere(there, commit))) {
      return this.#unchanged(there);
    }
    const previous = there?.repository === this.#attempt.order.repository ? there : undefined;
    const versions = { commit: commit ?? undefined, previous };
    const preparation = new Preparation(this.#attempt, staging, versions);
    this.#telling.begin('clone');
    await op.step('clone', () => preparation.clone());
    this.#telling.begin('dependencies');
    await op.step('dependencies', () => preparation.dependencies());
    this.#telling.begin('verify');
    await op.step('verify', () => preparation.verify());
    this.#telling.begin('swap');
    return op.step('swap', async () => {
      const manifest = await preparation.verify();
      op.signal.throwIfAborted();
      // Somebody may have put something there in the meantime.
      await this.#refuseForeign(await readManifest(this.#place.target));
      await this.#swap();
      await this.#confirm(manifest);
      return this.#result(manifest);
    });
  }

  async #swap(): Promise<void> {
    try {
      await swap(this.#place, this.#attempt.op.id);
    } catch (error) {
      await settleSwap(this.#place, undefined);
      throw error;
    }
  }

  /** Looks at the target after the swap; what was there before comes back where it is not right. */
  async #confirm(manifest: Manifest): Promise<void> {
    const { op, settings, git } = this.#attempt;
    const folder = this.#place.target;
    try {
      const problems = await problemsOf(folder, manifest, git);
      if (problems.length > 0) throw new VerificationError(folder, problems);
      const facts = { phase: 'installed', manifest, signal: op.signal } as const;
      await askVerify(settings.verify, folder, facts);
    } catch (error) {
      // An attempt that was cut short has found nothing; the next one looks again.
      if (op.signal.aborted) throw error;
      await rollBack(this.#place);
      await removeStagingAt(this.#place, op.id, settings.killGrace);
      throw error;
    }
    await commitSwap(this.#place);
  }

  /** @throws ValidationError where the target is something else */
  async #refuseForeign(there: Manifest | undefined): Promise<void> {
    const { repository, replace } = this.#attempt.order;
    const { target } = this.#place;
    if (replace || !(await isThere(target)) || there?.repository === repository) return;
    const what = there === undefined ? 'was not installed by this' : `is of ${there.repository}`;
    throw new ValidationError(
      `${target} is there already and ${what}; choose another name, or replace it`,
      { details: { folder: target, repository: there?.repository ?? null } },
    );
  }

  /** The same commit under another name: a later update asks for that. */
  async #unchanged(there: Manifest): Promise<InstallResult> {
    const manifest = { ...there, ref: this.#attempt.order.ref ?? null };
    if (manifest.ref !== there.ref) await writeManifest(this.#place.target, manifest);
    const { carriedOver: _, ...result } = this.#result(manifest);
    return { ...result, previousCommit: there.commit, changed: false };
  }

  /** Whether the target has the commit already, and whole. */
  async #isThere(there: Manifest, commit: string | null): Promise<boolean> {
    const { order, git } = this.#attempt;
    const same =
      there.repository === order.repository &&
      (commit === null ? there.commit.startsWith(order.ref ?? '?') : there.commit === commit);
    if (!same) return false;
    return (await problemsOf(this.#place.target, there, git)).length === 0;
  }

  /** Whether this operation's folder is the target already: then its staging folder has gone, and its record has not, until the success is stored. */
  async #hasSwapped(there: Manifest): Promise<boolean> {
    const { id } = this.#attempt.op;
    if (there.operationId !== id || (await isThere(this.#place.staging))) return false;
    return (await recordedOperation(this.#place)) === id;
  }

  #result(manifest: Manifest): InstallResult {
    const { name, repository, ref, commit, previousCommit, dependencies, carriedOver } = manifest;
    return {
      name,
      folder: this.#place.target,
      repository,
      ref,
      commit,
      previousCommit,
      changed: true,
      dependencies,
      ...(carriedOver === undefined ? {} : { carriedOver }),
    };
  }
}
