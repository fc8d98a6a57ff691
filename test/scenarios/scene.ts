import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { FaultyServer } from '../../adapters/cli/tour/faulty-server.ts';
import type { GitServer } from '../services/operations/installations/support/git-server.ts';
import type { Ended } from './orders.ts';
import type { Scenario } from './scenario.ts';

export const sha256Of = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** All that a scenario has happened in, for who checks what has become of it. */
export interface Scene {
  readonly scenario: Scenario;
  readonly folder: string;
  readonly server: FaultyServer;
  readonly git: GitServer;
  /** Of the node's repository. */
  readonly commit: string | undefined;
  readonly token: string;
  readonly lives: number;
  readonly ended: Ended;
  /** What the lives have printed. */
  readonly printed: string;
}

/** Everything below a folder, as paths from it. */
export async function below(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true }).catch(() => [])).sort();
}

export const textOf = (path: string): Promise<string> => readFile(path, 'latin1').catch(() => '');
