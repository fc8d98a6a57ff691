import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ConfigError } from '../../services/errors.ts';
import type { CliDependencies, OpenOptions, OpenStore } from './dependencies.ts';

/** Where operations are kept when nobody says otherwise. */
export function defaultStorePath(env: NodeJS.ProcessEnv = process.env): string {
  return env.RECOVERY_PERSISTENCE_PATH || 'recovery.db';
}

/** Whether something is there to look at: the file, or the redo files of one that was killed before it had a first image. */
function storeExists(path: string): boolean {
  const folder = dirname(resolve(path));
  if (existsSync(path)) return true;
  const redo = `${basename(path)}.redo.`;
  return existsSync(folder) && readdirSync(folder).some(name => name.startsWith(redo));
}

/** @throws ConfigError when there is no store */
export function requireStore(path: string): void {
  if (storeExists(path)) return;
  throw new ConfigError(
    `there is no store at ${resolve(path)} (--store names another, --server a server)`,
    { details: { problems: [path] } },
  );
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
  options: OpenOptions,
  work: (store: OpenStore) => Promise<T>,
): Promise<T> {
  requireStore(path);
  return withStore(deps, path, options, work);
}
