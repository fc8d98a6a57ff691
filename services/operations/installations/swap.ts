import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolder } from '../download/record.ts';
import { readDurable, removeDurable, writeDurably } from './durable-file.ts';
import { InstallationBusyError } from './errors.ts';
import { isThere, type Place, placeBelow, stagingOf } from './place.ts';
import { adopt, ownerElsewhere, removeTree } from './staging.ts';

/**
 * A folder takes the place of another in two renames, since nothing that Node.js offers exchanges two folders at once. Between them the target is
 * missing for a moment; the journal, which is durable before the first of them, tells whoever comes next what was going on, so that the
 * target is never missing for good.
 *
 * A link that is turned around would leave no such moment. But then the target is a link, which tools resolve, and with it the version that
 * happens to be there; which Windows gives to administrators only; and which `rm -r` and archivers treat in ways of their own.
 */
export interface SwapJournal {
  readonly format: 1;
  readonly operationId: string;
  readonly action: 'swap' | 'rollback';
  /** Name of the folder that is to become the target. */
  readonly staging: string;
  /** Whether there was a target before. */
  readonly hadTarget: boolean;
}

/** What a swap does to the disk, one call for each thing that is there or is not after a crash. */
export interface SwapDisk {
  rename(from: string, to: string): Promise<void>;
  write(path: string, journal: SwapJournal): Promise<void>;
  forget(path: string): Promise<void>;
  removeTree(folder: string): Promise<void>;
}

export const DISK: SwapDisk = {
  async rename(from, to) {
    await rename(from, to);
    await syncFolder(to);
  },
  write: writeDurably,
  async forget(path) {
    await removeDurable(path);
    await syncFolder(path);
  },
  removeTree,
};

const schema = z.strictObject({
  format: z.literal(1),
  operationId: z.string(),
  action: z.enum(['swap', 'rollback']),
  staging: z.string().refine(name => stagingOf(name) !== undefined),
  hadTarget: z.boolean(),
});

/**
 * Puts the staging folder in the target's place; what was there is kept beside it until `commitSwap` or `rollBack`.
 * @throws InstallationBusyError where another process, which is alive, is in the middle of a swap of the target
 */
export async function swap(place: Place, operationId: string, disk = DISK): Promise<void> {
  await refuseBusy(place, await readDurable(place.journal, schema));
  const hadTarget = await isThere(place.target);
  const staging = place.staging.slice(place.root.length + 1);
  if (hadTarget) await disk.removeTree(place.previous);
  await disk.write(place.journal, { format: 1, operationId, action: 'swap', staging, hadTarget });
  if (hadTarget) await disk.rename(place.target, place.previous);
  await disk.rename(place.staging, place.target);
}

/** The new target stays; from here on there is no way back. */
export async function commitSwap(place: Place, disk = DISK): Promise<void> {
  await disk.forget(place.journal);
  await disk.removeTree(place.previous);
}

/** What was at the target before the swap comes back to it, and what has taken its place goes back to the staging folder. */
export async function rollBack(place: Place, disk = DISK): Promise<void> {
  await adopt(place.former.previous, place.previous);
  const journal = await readDurable(place.journal, schema);
  if (journal === undefined || journal === 'torn') return settleWithoutJournal(place, disk);
  await disk.write(place.journal, { ...journal, action: 'rollback' });
  await goBack(place, { ...journal, action: 'rollback' }, disk);
}

/**
 * Settles what a swap has left behind that was cut short: once both renames are done it is done, unless it was on its way back; before that, the old
 * target comes back.
 * @param operationId the one that goes on with its own swap
 * @returns `swapped` where this operation's folder has become the target and is to be verified there; the way back is open still
 * @throws InstallationBusyError where another process, which is alive, is in the middle of it, and may have to go back
 */
export async function settleSwap(
  place: Place,
  operationId: string | undefined,
  disk = DISK,
): Promise<'swapped' | 'settled'> {
  const journal = await readDurable(place.journal, schema);
  await refuseBusy(place, journal);
  await adopt(place.former.previous, place.previous);
  if (journal === undefined || journal === 'torn') {
    await settleWithoutJournal(place, disk);
    if (journal === 'torn') await disk.forget(place.journal);
    return 'settled';
  }
  const moved =
    !(await isThere(join(place.root, journal.staging))) && (await isThere(place.target));
  if (journal.action === 'swap' && moved) {
    if (journal.operationId === operationId) return 'swapped';
    // It was verified before the swap, and whoever wanted to look again does not come.
    await commitSwap(place, disk);
    return 'settled';
  }
  await goBack(place, journal, disk);
  return 'settled';
}

/** The operation whose swap is under way; undefined for none. */
export async function swappingOperation(place: Place): Promise<string | undefined> {
  const journal = await readDurable(place.journal, schema);
  return journal === 'torn' ? undefined : journal?.operationId;
}

/** A program with another store may work below the same root: what it has begun is its own to confirm or to take back. */
async function refuseBusy(place: Place, journal: SwapJournal | 'torn' | undefined): Promise<void> {
  const hash = typeof journal === 'object' ? stagingOf(journal.staging)?.hash : undefined;
  if (hash === undefined) return;
  const pid = await ownerElsewhere(placeBelow(place.root, place.name, hash));
  if (pid !== undefined) throw new InstallationBusyError(place.target, pid);
}

async function goBack(place: Place, journal: SwapJournal, disk: SwapDisk): Promise<void> {
  const staging = join(place.root, journal.staging);
  const previous = await isThere(place.previous);
  const taken = !(await isThere(staging)) && (await isThere(place.target));
  if (journal.action === 'rollback' && taken && (previous || !journal.hadTarget)) {
    await disk.rename(place.target, staging);
  }
  if (previous && !(await isThere(place.target))) await disk.rename(place.previous, place.target);
  await disk.forget(place.journal);
}

/** Without a journal a previous version is one that was to be removed, or, where the target is missing, the only one there is. */
async function settleWithoutJournal(place: Place, disk: SwapDisk): Promise<void> {
  if (!(await isThere(place.previous))) return;
  if (await isThere(place.target)) await disk.removeTree(place.previous);
  else await disk.rename(place.previous, place.target);
}
