/** "XREC": tells our files from other programs' (`PRAGMA application_id`). */
export const APPLICATION_ID = 0x58524543;

/** Grows when an older release could not read what a newer one writes (`PRAGMA user_version`). */
export const STORE_FORMAT = 2;

/** States of operations that are not over, as SQL. */
export const UNFINISHED = `'pending', 'in_progress', 'recovering'`;
/** States of operations that are over, as SQL. */
export const FINISHED = `'success', 'failed', 'exhausted'`;

/**
 * Few and narrow indexes, since each costs every commit: rows of one instant are sorted by id as they are read, and `position` is the rowid, which
 * every index ends with. Only `by_state` and the retention index move when an operation changes its state.
 * - by_created: `list` without a filter, and the walk for filters without an index of their own
 * - by_name: `list` of one definition; its columns never change
 * - by_state: `list` by state, and `counts`
 * - by_unfinished: `unfinished`, oldest first over the three states
 * - by_parent: the children of an operation; in it are children only
 * - by_finish: retention, oldest first within a state
 */
const BY_PARENT = `CREATE INDEX recovery_data_by_parent ON recovery_data (parent_id, created_at)
  WHERE parent_id IS NOT NULL;`;

export const SCHEMA = `
CREATE TABLE recovery_meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE recovery_data (
  operation_id TEXT NOT NULL PRIMARY KEY,
  function_name TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  args TEXT,
  result TEXT,
  error TEXT,
  metadata TEXT,
  snapshot TEXT,
  version INTEGER NOT NULL,
  breaker_key TEXT NOT NULL,
  due_at INTEGER,
  owner TEXT,
  epoch INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  parent_id TEXT
);
${BY_PARENT}
CREATE INDEX recovery_data_by_created ON recovery_data (created_at);
CREATE INDEX recovery_data_by_name ON recovery_data (function_name, created_at);
CREATE INDEX recovery_data_by_state ON recovery_data (state, created_at);
CREATE INDEX recovery_data_by_unfinished ON recovery_data (created_at)
  WHERE state IN (${UNFINISHED});
CREATE INDEX recovery_data_by_finish ON recovery_data (state, updated_at)
  WHERE state IN (${FINISHED});

CREATE TABLE recovery_steps (
  operation_id TEXT NOT NULL,
  name TEXT NOT NULL,
  result TEXT,
  attempt INTEGER NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (operation_id, name)
);

CREATE TABLE recovery_transitions (
  position INTEGER PRIMARY KEY,
  operation_id TEXT,
  breaker_key TEXT,
  function_name TEXT,
  seq INTEGER NOT NULL,
  from_state TEXT,
  to_state TEXT NOT NULL,
  event TEXT NOT NULL,
  attempt INTEGER,
  reason TEXT,
  at INTEGER NOT NULL
);
CREATE INDEX recovery_transitions_by_operation ON recovery_transitions (operation_id)
  WHERE operation_id IS NOT NULL;
CREATE INDEX recovery_transitions_by_breaker ON recovery_transitions (breaker_key)
  WHERE breaker_key IS NOT NULL;

CREATE TABLE recovery_breakers (
  key TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  seq INTEGER NOT NULL,
  snapshot TEXT,
  updated_at INTEGER NOT NULL
);

PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${STORE_FORMAT};
`;

/** From each format to the next one, by the format that it begins with. */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `ALTER TABLE recovery_data ADD COLUMN parent_id TEXT; ${BY_PARENT}`,
};

/** Set after each opening. The file lives in memory: the redo, not SQLite, is what makes it durable. */
export const SETTINGS = `
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -65536;
`;
