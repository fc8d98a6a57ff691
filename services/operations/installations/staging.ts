import { mkdir, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { readDurable, removeDurable, writeDurably } from './durable-file.ts';
import { InstallationBusyError } from './errors.ts';
import type { Ecosystem } from './manifest.ts';
import { endOrphans } from './orphans.ts';
import { isFolder, type Place } from './place.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** Whose staging folder it is, and how far its operation has come in it. */
export interface StagingRecord {
  readonly format: 1;
  readonly operationId: string;
  /** The process that works in it, or did last. */
  readonly owner: ProcessIdentity;
  /** The commit whose objects are all there; `null` for none. */
  readonly fetched: string | null;
  /** The commit whose files are all there; `null` for none. */
  readonly clone: string | null;
  /** The kinds of dependencies of `clone` that are all there; `null` while they are not. */
  readonly dependencies: readonly Ecosystem[] | null;
  /** Whether all that was found to be as it should. */
  readonly verified: boolean;
}

const identity = z.strictObject({
  pid: z.int().positive(),
  began: z.string().nullable(),
  boot: z.string().nullable(),
});
export const stagingSchema = z.strictObject({
  format: z.literal(1),
  operationId: z.string(),
  owner: identity,
  fetched: z.string().nullable(),
  clone: z.string().nullable(),
  dependencies: z.array(z.enum(['npm', 'pip'])).nullable(),
  verified: z.boolean(),
});

/** Of a folder in which there is nothing. */
const EMPTY = { fetched: null, clone: null, dependencies: null, verified: false } as const;
const fresh = (operationId: string) => ({ format: 1, operationId, ...EMPTY }) as const;

/** A staging folder that this process works in. */
export class Staging {
  readonly place: Place;
  #record: StagingRecord;

  private constructor(place: Place, record: StagingRecord) {
    this.place = place;
    this.#record = record;
  }

  /**
   * Makes an operation's staging folder, or goes on with the one that is there; a program that a dead process has left in it is ended first.
   * @param grace milliseconds that such a program gets to end by itself
   * @throws InstallationBusyError where another process, which is alive, works in it
   */
  static async claim(place: Place, operationId: string, grace: number): Promise<Staging> {
    const known = await recordAt(place);
    if (known !== undefined && (await livesElsewhere(known.owner))) {
      throw new InstallationBusyError(place.target, known.owner.pid);
    }
    await endOrphans(place, operationId, grace);
    const record = { ...(known ?? fresh(operationId)), owner: await ownIdentity() };
    await adopt(place.former.staging, place.staging);
    // What lies in a folder that nobody has a record of may be anything.
    if (known === undefined || !(await isFolder(place.staging))) {
      await removeTree(place.staging);
      Object.assign(record, EMPTY);
    }
    await writeDurably(place.record, record);
    await mkdir(place.staging, { recursive: true });
    return new Staging(place, record);
  }

  get record(): StagingRecord {
    return this.#record;
  }

  /** Remembers how far it has come. Durable. */
  async reached(change: Partial<Omit<StagingRecord, 'format' | 'operationId'>>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    await writeDurably(this.place.record, this.#record);
  }

  /** Begins anew with an empty folder. */
  async clear(): Promise<void> {
    await this.reached(EMPTY);
    await removeTree(this.place.staging);
    await mkdir(this.place.staging, { recursive: true });
  }
}

/** Says that this process goes on with an operation whose staging folder has become the target already. */
export async function takeOver(place: Place, operationId: string): Promise<void> {
  const record = (await recordAt(place)) ?? fresh(operationId);
  await writeDurably(place.record, { ...record, owner: await ownIdentity() });
}

/** The operation that a staging folder belongs to; undefined where nobody can tell. */
export async function recordedOperation(place: Place): Promise<string | undefined> {
  return (await recordAt(place))?.operationId;
}

/** The number of another process, which is alive, whose staging folder it is; undefined for none. */
export async function ownerElsewhere(place: Place): Promise<number | undefined> {
  const owner = (await recordAt(place))?.owner;
  return owner !== undefined && (await livesElsewhere(owner)) ? owner.pid : undefined;
}

async function recordAt(place: Place): Promise<StagingRecord | undefined> {
  const record = await readDurable(place.record, stagingSchema);
  return record === 'torn' ? undefined : record;
}

/** Ends what runs in a staging folder, and removes it with all that belongs to it, unless another process works in it that is alive. Idempotent. */
export async function removeStagingAt(
  place: Place,
  operationId: string | undefined,
  grace: number,
): Promise<void> {
  if ((await ownerElsewhere(place)) !== undefined) return;
  await endOrphans(place, operationId, grace);
  await removeTree(place.staging);
  await removeTree(place.former.staging);
  await removeDurable(place.record);
}

/** Gives a folder that an earlier release has left the name that it has now; where both are there the newer one counts. */
export async function adopt(former: string, now: string): Promise<void> {
  if (!(await isFolder(former))) return;
  if (await isFolder(now)) await removeTree(former);
  else await rename(former, now);
}

/** Whether a process is another one than this, and alive. */
export async function livesElsewhere(owner: ProcessIdentity): Promise<boolean> {
  return owner.pid !== process.pid && (await isAlive(owner));
}

export async function removeTree(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function ownIdentity(): Promise<ProcessIdentity> {
  return (await identityOf(process.pid)) ?? { pid: process.pid, began: null, boot: null };
}
