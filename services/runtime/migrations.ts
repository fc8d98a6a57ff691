/** Version of the operation chart's stored context: `context.v`. */
export const OPERATION_SNAPSHOT_VERSION = 1;

/** Brings a stored snapshot from one version of the chart to the next. */
export type SnapshotMigration = (snapshot: Readonly<Record<string, unknown>>) => unknown;

/** By the version that they start from. A change of the chart that old snapshots do not fit adds one here. */
const MIGRATIONS: Readonly<Record<number, SnapshotMigration>> = {};

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
