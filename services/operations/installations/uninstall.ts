import { rename } from 'node:fs/promises';
import { ValidationError } from '../../errors.ts';
import type { OperationContext } from '../../ports.ts';
import { syncFolder } from '../download/record.ts';
import type { UninstallOrder } from './input.ts';
import { takingTurns } from './install.ts';
import { readManifest } from './manifest.ts';
import type { Settings } from './options.ts';
import { isThere, openPlace, type Place } from './place.ts';
import { adopt, recordedOperation, removeStagingAt, removeTree, Staging } from './staging.ts';
import { settleSwap } from './swap.ts';
import { Telling } from './workshop.ts';

/** What `uninstall` gives. */
export interface UninstallResult {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** False where there was nothing. */
  readonly removed: boolean;
}

/** Takes a target away: by one rename out of its place, and then file by file. Goes on where an earlier attempt stopped. */
export async function uninstallFrom(
  { root, name, force }: UninstallOrder,
  op: OperationContext,
  { killGrace }: Settings,
): Promise<UninstallResult> {
  const place = await openPlace(root, name, op.id);
  return takingTurns(place, op.signal, async () => {
    await op.onUndo('staging', { root: place.root, name });
    await settleSwap(place, undefined);
    new Telling(op, ['remove']).begin('remove');
    const result = await op.step('remove', async () => {
      // What an earlier attempt has begun it has also said.
      await adopt(place.former.staging, place.staging);
      const begun = (await recordedOperation(place)) === op.id && (await isThere(place.staging));
      const there = await isThere(place.target);
      if (there) await moveAway(place, op.id, { force, killGrace });
      return { name, folder: place.target, removed: begun || there };
    });
    await removeStagingAt(place, op.id, killGrace);
    return result;
  });
}

async function moveAway(
  place: Place,
  operationId: string,
  { force, killGrace }: { readonly force: boolean; readonly killGrace: number },
): Promise<void> {
  if (!force && (await readManifest(place.target)) === undefined) {
    throw new ValidationError(
      `${place.target} was not installed by this; remove it by hand, or force it`,
      { details: { folder: place.target } },
    );
  }
  await Staging.claim(place, operationId, killGrace);
  await removeTree(place.staging);
  await rename(place.target, place.staging);
  await syncFolder(place.target);
}
