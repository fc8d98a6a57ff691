import { seedOf } from './draws.ts';

/** Version of the operation chart's stored context: `context.v`. */
export const OPERATION_SNAPSHOT_VERSION = 2;

/** Brings a stored snapshot from one version of the chart to the next. */
export type SnapshotMigration = (snapshot: Readonly<Record<string, unknown>>) => unknown;

/** By the version that they start from. A change of the chart that old snapshots do not fit adds one here. */
const MIGRATIONS: Readonly<Record<number, SnapshotMigration>> = { 1: toGrouped };

/** A stored snapshot in the chart's present version; one that is not an operation's at all is left for validation to refuse. */
export function migrateOperationSnapshot(
  stored: unknown,
  migrations = MIGRATIONS,
  target = OPERATION_SNAPSHOT_VERSION,
): unknown {
  let snapshot = stored;
  for (let version = versionOf(snapshot); version !== undefined && version < target; ) {
    const migrate = migrations[version];
    if (migrate === undefined) return snapshot;
    snapshot = migrate(snapshot as Record<string, unknown>);
    const next = versionOf(snapshot);
    if (next === undefined || next <= version) return snapshot;
    version = next;
  }
  return snapshot;
}

function versionOf(snapshot: unknown): number | undefined {
  const { context } = (snapshot ?? {}) as { readonly context?: { readonly v?: unknown } };
  return typeof context?.v === 'number' ? context.v : undefined;
}

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
