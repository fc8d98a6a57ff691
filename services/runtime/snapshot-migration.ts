/** Brings a stored snapshot from one version of its chart to the next. */
export type SnapshotMigration = (snapshot: Readonly<Record<string, unknown>>) => unknown;

/** By the version that they start from. */
export type SnapshotMigrations = Readonly<Record<number, SnapshotMigration>>;

/** A stored snapshot in version `target` of its chart; as far as it comes where a migration is missing, or is none. */
export function migratedSnapshot(
  stored: unknown,
  migrations: SnapshotMigrations,
  target: number,
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
