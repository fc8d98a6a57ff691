import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Recovery, RecoveryState } from '../../ports.ts';
import { readDurable } from './durable-file.ts';
import { InstallationBusyError } from './errors.ts';
import { takeBack, takingTurns } from './install.ts';
import { type Manifest, readManifest } from './manifest.ts';
import {
  isFolder,
  operationHash,
  type Place,
  placeBelow,
  stagingOf,
  swappedTarget,
} from './place.ts';
import { livesElsewhere, removeStagingAt, type StagingRecord, stagingSchema } from './staging.ts';
import { settleSwap, swappingOperation } from './swap.ts';

/** What a sweep has found. */
export interface SweepReport {
  /** Staging folders that were removed. */
  readonly removed: readonly string[];
  /** Staging folders whose operations are unfinished, or whose process is alive. */
  readonly kept: readonly string[];
}

const UNFINISHED = [RecoveryState.PENDING, RecoveryState.IN_PROGRESS, RecoveryState.RECOVERING];
const PAGE = 1_000;
const NOBODY = new AbortController().signal;

/** Removes staging folders that no unfinished operation owns, ends what still runs in them, and settles swaps that nobody goes on with. */
export async function sweepRoot(
  recovery: Recovery,
  root: string,
  grace: number,
): Promise<SweepReport> {
  const files = await readdir(root);
  const unfinished = await unfinishedHashes(recovery);
  const removed: string[] = [];
  const kept: string[] = [];
  for (const place of stagingPlaces(root, files)) {
    const found = await readDurable(place.record, stagingSchema);
    const record = found === 'torn' ? undefined : found;
    if (await isOwned(place, record, unfinished)) {
      kept.push(place.staging);
      continue;
    }
    await takingTurns(place, NOBODY, async () => {
      if (record === undefined) await removeStagingAt(place, undefined, grace);
      else await takeBack(place, record.operationId, grace);
    });
    removed.push(place.staging);
  }
  await settleAll(root, await readdir(root), unfinished);
  return { removed, kept };
}

/** What is installed below a root, by name. */
export async function installedBelow(
  root: string,
): Promise<readonly (Manifest & { readonly folder: string })[]> {
  const found: (Manifest & { folder: string })[] = [];
  for (const name of (await readdir(root)).sort()) {
    const folder = join(root, name);
    if (name.startsWith('.') || !(await isFolder(folder))) continue;
    const manifest = await readManifest(folder);
    if (manifest !== undefined) found.push({ ...manifest, name, folder });
  }
  return found;
}

async function isOwned(
  place: Place,
  record: StagingRecord | undefined,
  unfinished: ReadonlySet<string>,
): Promise<boolean> {
  const hash = stagingOf(place.staging.slice(place.root.length + 1))?.hash ?? '';
  if (unfinished.has(hash)) return true;
  // A program with another store may work below the same root.
  return record !== undefined && (await livesElsewhere(record.owner));
}

/** Swaps that were cut short whose staging folder has gone, and with it the trace of their operation. */
async function settleAll(
  root: string,
  files: readonly string[],
  unfinished: ReadonlySet<string>,
): Promise<void> {
  const names = files.flatMap(file => swappedTarget(file) ?? []);
  for (const name of new Set(names)) {
    const place = placeBelow(root, name, operationHash(''));
    const owner = await swappingOperation(place);
    if (owner !== undefined && unfinished.has(operationHash(owner))) continue;
    await takingTurns(place, NOBODY, () => settleSwap(place, undefined)).catch(leaveToOthers);
  }
}

function leaveToOthers(error: unknown): void {
  if (!(error instanceof InstallationBusyError)) throw error;
}

function stagingPlaces(root: string, files: readonly string[]): readonly Place[] {
  const found = new Map<string, Place>();
  for (const file of files) {
    const staging = stagingOf(file);
    if (staging === undefined) continue;
    const place = placeBelow(root, staging.name, staging.hash);
    found.set(place.staging, place);
  }
  return [...found.values()];
}

async function unfinishedHashes(recovery: Recovery): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await recovery.summaries({
      states: UNFINISHED,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { id } of page.items) hashes.add(operationHash(id));
    cursor = page.next;
  } while (cursor !== undefined);
  return hashes;
}
