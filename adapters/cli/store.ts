import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../../services/errors.ts';
import type { CliDependencies, OpenOptions, OpenStore } from './dependencies.ts';

/** Where operations are kept when nobody says otherwise. */
export function defaultStorePath(env: NodeJS.ProcessEnv = process.env): string {
  return env.RECOVERY_PERSISTENCE_PATH || 'recovery.db';
}

/** A store of sql.js is two files, of which a young one has only the second. */
export function storeExists(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.redo`);
}

/** Works with a store, and closes it. */
export async function withStore<T>(
  deps: CliDependencies,
  path: string,
  options: OpenOptions,
  work: (store: OpenStore) => Promise<T>,
): Promise<T> {
  const store = await deps.open(resolve(path), options);
  try {
    return await work(store);
  } finally {
    await store.recovery.close();
  }
}

/**
 * The same for commands that need what is there already, so they make no new one.
 * @throws ConfigError when there is no store
 */
export async function withExistingStore<T>(
  deps: CliDependencies,
  path: string,
  work: (store: OpenStore) => Promise<T>,
): Promise<T> {
  if (!storeExists(path)) {
    throw new ConfigError(`there is no store at ${resolve(path)} (--store names another)`, {
      details: { problems: [path] },
    });
  }
  return withStore(deps, path, {}, work);
}
