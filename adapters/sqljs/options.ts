import { ConfigError } from '../../services/errors.ts';

/** How a store on disk is set up. */
export interface SqlJsPersistenceOptions {
  /**
   * The SQLite file. A missing folder is made. Beside it stand `<path>.redo.<n>` and `<path>.lock` while the store is open.
   * Relative paths are taken from the working directory at construction.
   */
  readonly path: string;
  /**
   * Bytes of redo after which a new image is written; more on a store whose image is larger than twice that. An integer >= 4096.
   * @default 16777216
   */
  readonly checkpointBytes?: number;
  /**
   * Milliseconds after which commits that no image holds yet are brought into one; 0 for never. An integer from 0 to 2^31-1.
   * @default 300000
   */
  readonly checkpointInterval?: number;
}

export const SQLJS_DEFAULTS = {
  checkpointBytes: 16 * 1024 * 1024,
  checkpointInterval: 300_000,
} as const;

/** The options with their defaults. @throws ConfigError with every problem */
export function resolveOptions(
  options: SqlJsPersistenceOptions,
): Required<SqlJsPersistenceOptions> {
  const problems: string[] = [];
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError(`SqlJsPersistence needs options, got ${show(options)}`);
  }
  const known = ['path', ...Object.keys(SQLJS_DEFAULTS)];
  for (const key of Object.keys(options)) {
    if (!known.includes(key))
      problems.push(`there is no option ${show(key)}: use ${known.join(', ')}`);
  }
  const { path } = options;
  if (typeof path !== 'string' || path.trim() === '' || path.includes('\0')) {
    problems.push(`path must be the path of a file, got ${show(path)}`);
  } else if (path === ':memory:') {
    problems.push(
      'path must be the path of a file, got ":memory:"; use MemoryPersistence for that',
    );
  } else if (/-(journal|wal|shm)$/.test(path)) {
    problems.push(`path must not end as SQLite's own side files do, got ${show(path)}`);
  }
  const checkpointBytes = integer(
    options,
    'checkpointBytes',
    4096,
    Number.MAX_SAFE_INTEGER,
    problems,
  );
  const checkpointInterval = integer(options, 'checkpointInterval', 0, 2 ** 31 - 1, problems);
  if (problems.length > 0) {
    throw new ConfigError(`SqlJsPersistence: ${problems.join('; ')}`, { details: { problems } });
  }
  return { path, checkpointBytes, checkpointInterval };
}

function integer(
  options: SqlJsPersistenceOptions,
  name: keyof typeof SQLJS_DEFAULTS,
  min: number,
  max: number,
  problems: string[],
): number {
  const value = options[name] ?? SQLJS_DEFAULTS[name];
  if (!Number.isInteger(value) || value < min || value > max) {
    problems.push(`${name} must be an integer from ${min} to ${max}, got ${show(value)}`);
  }
  return value;
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
