import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Recovery, RecoveryState } from '../../ports.ts';
import { ignoreMissing } from './files.ts';
import { hashOf, ownerHash, type Places } from './places.ts';

const PAGE = 1_000;
const UNFINISHED = [RecoveryState.PENDING, RecoveryState.IN_PROGRESS, RecoveryState.RECOVERING];

/**
 * Removes staging and trash folders whose operation has ended or is not in the store any more. The folders are listed first: an operation that begins later is not
 * among them, and one that has begun is in the store.
 * @returns names of what was removed
 */
export async function sweepRoot(
  recovery: Recovery,
  { root }: Places,
  names: readonly string[],
): Promise<readonly string[]> {
  const entries = (await readdir(root, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const found = entries.filter(entry => entry.isDirectory() && ownerHash(entry.name) !== undefined);
  if (found.length === 0) return [];
  const owned = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await recovery.summaries({
      states: UNFINISHED,
      names,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { id } of page.items) owned.add(hashOf(id));
    cursor = page.next;
  } while (cursor !== undefined);
  const swept = found.map(entry => entry.name).filter(name => !owned.has(ownerHash(name) ?? ''));
  for (const name of swept) await rm(join(root, name), { recursive: true, force: true });
  return swept;
}
