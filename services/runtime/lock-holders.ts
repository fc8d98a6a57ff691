import type { Clock, Logger, StatePersistence } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';
import { migrateOperationSnapshot } from './operation-migrations.ts';
import { hasLock, isUnfinished } from './operation-snapshot.ts';
import { parseOperationSnapshot } from './stored-snapshots.ts';
import type { Turns } from './turns.ts';

export interface LockHoldersParts {
  readonly persistence: Pick<StatePersistence, 'unfinished' | 'find'>;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly turns: Turns;
}

const PAGE = 500;
const AGAIN_MS = 1_000;

/** Called for each operation of the store that has begun, is unfinished and has a lock. */
export type Found = (id: string, key: string) => void;

/** Who has a lock by what the store says: an operation keeps its lock also while nobody goes on with it. */
export class LockHolders {
  readonly #parts: LockHoldersParts;

  constructor(parts: LockHoldersParts) {
    this.#parts = parts;
  }

  /** Reads all of the store; a failing one is read again until it answers. */
  async read(found: Found): Promise<void> {
    const { lifecycle, logger, clock } = this.#parts;
    for (;;) {
      try {
        await this.#all(found);
        return;
      } catch (error) {
        if (lifecycle.closing) return;
        logger.warn({ err: error }, 'who holds locks could not be read; it is tried again');
        await new Promise<void>(resolve => clock.setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  async #all(found: Found): Promise<void> {
    const { persistence, turns, lifecycle } = this.#parts;
    let cursor: string | undefined;
    do {
      const stale = turns.watch();
      try {
        const page = await persistence.unfinished({
          limit: PAGE,
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const record of page.items) {
          if (lifecycle.closing) return;
          const key = heldBy(record.snapshot);
          if (key === undefined) continue;
          const now = stale.has(record.id) ? await persistence.find(record.id) : record;
          if (now !== undefined && isUnfinished(now)) found(record.id, key);
        }
        cursor = page.next;
      } finally {
        turns.unwatch(stale);
      }
    } while (cursor !== undefined);
  }
}

/** The lock that an operation has; undefined for one that has none, or has not begun. What cannot be read holds nobody up. */
function heldBy(stored: unknown): string | undefined {
  const policy = (
    stored as { readonly context?: { readonly policy?: { readonly lock?: unknown } } }
  )?.context?.policy;
  if (typeof policy?.lock !== 'string') return undefined;
  const parsed = parseOperationSnapshot(migrateOperationSnapshot(stored));
  return parsed.ok && hasLock(parsed.snapshot) ? policy.lock : undefined;
}
