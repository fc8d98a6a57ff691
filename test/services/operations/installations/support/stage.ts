import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createRecovery } from '../../../../../index.ts';
import {
  createInstallations,
  type Installations,
  type InstallationsOptions,
} from '../../../../../operations.ts';
import { RecoveryError } from '../../../../../services/errors.ts';
import type { Recovery } from '../../../../../services/ports.ts';
import { GitServer, Repository } from './git-server.ts';

export interface Stage {
  readonly folder: string;
  /** Below which targets live. */
  readonly root: string;
  readonly server: GitServer;
  readonly recovery: Recovery;
  repository(name: string, files?: Readonly<Record<string, string>>): Promise<Repository>;
  installations(options?: InstallationsOptions): Installations;
  /** Makes a program of a shell script; resolves to its path. */
  program(name: string, script: string): Promise<string>;
  /** What is below the root, hidden names included. */
  names(): Promise<readonly string[]>;
}

/** Runs a test with an empty folder, a git server and a recovery, and takes everything away. */
export function withStage(run: (stage: Stage) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'installations-'));
    const root = join(folder, 'nodes');
    const repositories = join(folder, 'repositories');
    await mkdir(repositories);
    const server = await GitServer.listen(repositories);
    const recovery = await createRecovery({ initialDelay: 1, maxDelay: 1 });
    process.env.GIT_CONFIG_GLOBAL = '/dev/null';
    try {
      await run({
        folder,
        root,
        server,
        recovery,
        repository: (name, files = { 'a.txt': 'one' }) =>
          Repository.make(join(repositories, name), files),
        installations: options =>
          createInstallations(recovery, {
            root,
            protocols: ['http', 'file'],
            killGrace: 500,
            ...options,
          }),
        program: (name, script) => makeProgram(folder, name, script),
        names: () => readdir(root),
      });
    } catch (error) {
      // uvu takes `details` for a drawing of its own, and fails over any other.
      if (error instanceof RecoveryError) throw new TypeError(inspect(error));
      throw error;
    } finally {
      await recovery.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

export async function makeProgram(folder: string, name: string, script: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const path = join(bin, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

export function text(...parts: readonly string[]): Promise<string> {
  return readFile(join(...parts), 'utf8');
}
