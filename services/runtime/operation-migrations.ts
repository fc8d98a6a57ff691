import { seedOf } from './draws.ts';
import { migratedSnapshot, type SnapshotMigrations } from './snapshot-migration.ts';

/** Version of the operation chart's stored context: `context.v`. */
export const OPERATION_SNAPSHOT_VERSION = 3;

/** By the version that they start from. A change of the chart that old snapshots do not fit adds one here. */
const MIGRATIONS: SnapshotMigrations = { 1: toGrouped, 2: toUndoable };

/** A stored snapshot in the chart's present version; one that is not an operation's at all is left for validation to refuse. */
export const migrateOperationSnapshot = (stored: unknown): unknown =>
  migratedSnapshot(stored, MIGRATIONS, OPERATION_SNAPSHOT_VERSION);

/** Version 2 groups what changes together, and has a seed. What is missing or odd is left for validation to refuse. */
function toGrouped(snapshot: Readonly<Record<string, unknown>>): unknown {
  const {
    retries,
    interruptions,
    generation,
    dueAt,
    remaining,
    delay,
    draw,
    outcome,
    policy,
    ...kept
  } = snapshot.context as Readonly<Record<string, unknown>>;
  return {
    ...snapshot,
    context: {
      ...kept,
      v: 2,
      // Not drawn, so that every process that reads this snapshot gets the same.
      policy: { ...(policy as object), seed: seedOf(String(kept.operationId)) },
      counts: { retries, interruptions, streak: retries },
      held: generation === null ? null : { generation },
      wait: { dueAt, remaining, delay, draw },
      outcome: { outcome },
      ending: null,
    },
  };
}

/** Version 3 knows what is to be taken back; nothing was registered before. */
function toUndoable(snapshot: Readonly<Record<string, unknown>>): unknown {
  const context = snapshot.context as Readonly<Record<string, unknown>>;
  return { ...snapshot, context: { ...context, v: 3, undos: null } };
}
