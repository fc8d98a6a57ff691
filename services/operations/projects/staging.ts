import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ProjectExistsError, WorkflowError } from './errors.ts';
import { codeOf, ignoreMissing, isThere, sha256OfText, syncFolder, writeDurably } from './files.ts';
import { type Manifest, manifestIn, manifestText } from './manifest.ts';
import {
  MANIFEST,
  ORIGIN,
  PLAN,
  type Places,
  projectFolder,
  stagingFolder,
  trashFolder,
  WORKFLOW,
} from './places.ts';
import type { Plan } from './plan.ts';

/** Name of the undo that takes away what an operation has made when it ends badly; it stands in stored operations. */
export const REMOVE_STAGING = 'removeStaging';

/** What that undo gets. */
export interface StagingToRemove {
  readonly root: string;
  readonly name: string;
}

/** Idempotent; also for an operation that has written nothing, or has made its project. */
export async function removeStaging(
  { root, name }: StagingToRemove,
  operationId: string,
): Promise<void> {
  await rm(stagingFolder({ root }, name, operationId), { recursive: true, force: true });
}

/**
 * The undo: also a project that has got its name already, where its operation ended badly all the same, since its process died before the success was
 * durable. One that was there before, or that another operation has made, stays, and so does whatever nobody can tell. Idempotent.
 */
export async function takeBack(wanted: StagingToRemove, operationId: string): Promise<void> {
  const { root, name } = wanted;
  await removeStaging(wanted, operationId);
  const trash = trashFolder({ root }, name, operationId);
  await rm(trash, { recursive: true, force: true });
  const folder = projectFolder({ root }, name);
  const manifest = await manifestIn(folder);
  if (typeof manifest !== 'object' || manifest.operation !== operationId) return;
  // By one rename, as it came: at no moment half a project has the name.
  await rename(folder, trash);
  await syncFolder(root);
  await rm(trash, { recursive: true, force: true });
}

/** A project in the making: a hidden folder beside the place where it is going to be. */
export class Staging {
  readonly #places: Places;
  readonly #name: string;
  readonly #operation: string;
  readonly folder: string;

  constructor(places: Places, name: string, operation: string) {
    this.#places = places;
    this.#name = name;
    this.#operation = operation;
    this.folder = stagingFolder(places, name, operation);
  }

  /** Whether this very operation has made the project already, and what it is then. */
  async published(): Promise<Manifest | undefined> {
    const manifest = await manifestIn(projectFolder(this.#places, this.#name));
    const own = typeof manifest === 'object' && manifest.operation === this.#operation;
    return own ? manifest : undefined;
  }

  /** @throws ProjectExistsError for a project that another operation has made, or anything else of that name */
  async refuseExisting(): Promise<void> {
    if (await isThere(projectFolder(this.#places, this.#name))) {
      throw new ProjectExistsError(this.#name);
    }
  }

  /** Puts workflow and plan in place; what is there already stays. */
  async begin(plan: Plan, text: () => Promise<string>): Promise<void> {
    await mkdir(join(this.folder, ORIGIN), { recursive: true });
    const workflow = join(this.folder, WORKFLOW);
    const there = await readFile(workflow, 'utf8').catch(ignoreMissing);
    if (there === undefined || sha256OfText(there) !== plan.workflow.sha256) {
      const fresh = await text();
      if (sha256OfText(fresh) !== plan.workflow.sha256) {
        throw new WorkflowError({
          subject: 'the workflow',
          problems: [{ pointer: '', problem: 'is another one than when the import began' }],
          total: 1,
        });
      }
      await writeDurably(workflow, fresh);
    }
    await writeDurably(join(this.folder, PLAN), `${JSON.stringify(plan)}\n`);
    await syncFolder(this.#places.root);
  }

  /** Gives the project its name. After this it is there as a whole; before, not at all. */
  async publish(manifest: Manifest): Promise<void> {
    const text = manifestText(manifest);
    const workflow = await readFile(join(this.folder, WORKFLOW), 'utf8');
    await writeDurably(join(this.folder, ORIGIN, WORKFLOW), workflow);
    await writeDurably(join(this.folder, ORIGIN, MANIFEST), text);
    await writeDurably(join(this.folder, MANIFEST), text);
    await rm(join(this.folder, PLAN), { force: true });
    await syncFolder(this.folder);
    await this.moveIn();
  }

  /** @throws ProjectExistsError */
  async moveIn(): Promise<void> {
    await this.refuseExisting();
    try {
      await rename(this.folder, projectFolder(this.#places, this.#name));
    } catch (error) {
      const taken = codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST';
      throw taken ? new ProjectExistsError(this.#name) : error;
    }
    await syncFolder(this.#places.root);
  }

  /** What its undo gets. */
  get removal(): StagingToRemove {
    return { root: this.#places.root, name: this.#name };
  }

  remove(): Promise<void> {
    return removeStaging(this.removal, this.#operation);
  }
}
