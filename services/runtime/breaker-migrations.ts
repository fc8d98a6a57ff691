import { migratedSnapshot, type SnapshotMigrations } from './snapshot-migration.ts';

/** Version of the breaker chart's stored context: `context.v`. */
export const BREAKER_SNAPSHOT_VERSION = 2;

/** By the version that they start from. */
const MIGRATIONS: SnapshotMigrations = { 1: toWindows };

/** A stored snapshot in the chart's present version; one that is not a breaker's at all is left for validation to refuse. */
export const migrateBreakerSnapshot = (stored: unknown): unknown =>
  migratedSnapshot(stored, MIGRATIONS, BREAKER_SNAPSHOT_VERSION);

/** Version 2 has windows of several kinds, several probes, a budget and a rate. What is missing or odd is left for validation to refuse. */
function toWindows(snapshot: Readonly<Record<string, unknown>>): unknown {
  const { key, threshold, openTimeout, probeTimeout, failures, generation, openUntil, ...rest } =
    snapshot.context as Readonly<Record<string, unknown>>;
  const { probe, seq, event, at, reason } = rest;
  const opened = snapshot.value === 'open' || typeof snapshot.value === 'object';
  const isolated = snapshot.value === 'isolated';
  const override = {
    snapshot: { status: 'active', input: { dueAt: null } },
    src: 'timer',
    syncSnapshot: false,
  };
  return {
    ...snapshot,
    ...(isolated ? { children: { ...(snapshot.children as object), override } } : {}),
    context: {
      v: 2,
      key,
      settings: {
        version: 0,
        mode: 'enforce',
        window: { kind: 'consecutive', threshold },
        probeTimeout,
        permits: 1,
        successes: 1,
        budget: null,
        rate: null,
      },
      window: { kind: 'consecutive', failures },
      generation,
      // How often in a row was not counted.
      openings: opened ? 1 : 0,
      nextOpen: { delay: openTimeout },
      openUntil,
      probes: probe === null ? [] : [probe],
      halfOpen: { successes: 0, failures: 0 },
      budget: null,
      rate: null,
      override: isolated ? { until: null, reason: null, by: null } : null,
      last: { seq, event, at, reason },
    },
  };
}
