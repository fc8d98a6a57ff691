import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readDurable, writeDurably } from './durable-file.ts';

/** What is installed in a folder; kept in it, so that both are moved by the same rename. */
export interface Manifest {
  readonly format: 1;
  readonly name: string;
  readonly repository: string;
  /** As it was asked for; `null` for the repository's HEAD. */
  readonly ref: string | null;
  readonly commit: string;
  /** What was there before; `null` for nothing of this repository. */
  readonly previousCommit: string | null;
  /** Which dependencies were installed. */
  readonly dependencies: readonly Ecosystem[];
  /** The operation that installed it. */
  readonly operationId: string;
  /** Epoch ms. */
  readonly installedAt: number;
  /** What came from the version before; absent where there was none, or nothing was to come. */
  readonly carriedOver?: CarriedOver | undefined;
}

/** Files that programs or people have made or changed in an installation, as an update has met them. */
export interface CarriedOver {
  /** How many have their place in the new version. */
  readonly files: number;
  /** The first hundred of those for which the new version has something else; what they were is below `keptIn`. */
  readonly conflicts: readonly string[];
  /** How many there are. */
  readonly conflicting: number;
  /** A folder of the installation; `null` where nothing is in conflict. */
  readonly keptIn: string | null;
}

export type Ecosystem = 'npm' | 'pip';

export const MANIFEST = '.xstate-recovery.json';
/** Where pip's packages go. */
export const PYTHON_PACKAGES = '.python-packages';
/** Where an update keeps what is in conflict with the new version. */
export const KEPT = '.xstate-recovery-kept';

const schema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  repository: z.string(),
  ref: z.string().nullable(),
  commit: z.string(),
  previousCommit: z.string().nullable(),
  dependencies: z.array(z.enum(['npm', 'pip'])),
  operationId: z.string(),
  installedAt: z.number(),
  carriedOver: z
    .strictObject({
      files: z.number(),
      conflicts: z.array(z.string()),
      conflicting: z.number(),
      keptIn: z.string().nullable(),
    })
    .optional(),
});

/** What a folder says of itself; undefined where nothing was installed in it, or nobody can read what. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const found = await readDurable(join(folder, MANIFEST), schema);
  return found === 'torn' ? undefined : found;
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeDurably(join(folder, MANIFEST), manifest);
}

/** Lets `git status` in the folder show what its owner changes, and not what was installed. */
export async function hideFromGit(folder: string): Promise<void> {
  const info = join(folder, '.git', 'info');
  await mkdir(info, { recursive: true });
  const lines = [MANIFEST, `${PYTHON_PACKAGES}/`, `${KEPT}/`, 'node_modules/'].map(
    name => `/${name}\n`,
  );
  await appendFile(join(info, 'exclude'), lines.join(''));
}
