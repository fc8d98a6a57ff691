import { join } from 'node:path';
import { z } from 'zod';
import { nodeNameProblem } from './catalogue.ts';
import { parseDocument } from './document.ts';
import { ProjectDamagedError, type Unresolved } from './errors.ts';
import { readOwn, sha256OfText } from './files.ts';
import { Findings } from './findings.ts';
import { MANIFEST } from './places.ts';
import { pathProblem, refProblem, repositoryProblem, urlProblem } from './safe-names.ts';

export const MANIFEST_FORMAT = 'xstate-recovery/project';

/** What a project is made of: `project.json` in its folder. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly version: 1;
  readonly name: string;
  /** ISO 8601. */
  readonly created: string;
  /** The operation that made it. */
  readonly operation: string;
  /** Of the workflow's file, as it was imported. */
  readonly workflow: {
    readonly format: 'ui' | 'api';
    readonly sha256: string;
    readonly bytes: number;
  };
  readonly models: readonly ManifestModel[];
  readonly nodes: readonly ManifestNode[];
  /** What was not known where to get, and was let pass. */
  readonly missing: readonly Unresolved[];
  /** Class types that need no installation since a catalogue said so. @default none */
  readonly core?: readonly string[] | undefined;
  /** SHA-256 of all the rest, as JSON with its keys in order. */
  readonly checksum: string;
}

export interface ManifestModel {
  /** Below the folder of models. */
  readonly path: string;
  /** The beginning of it that the workflow does not say. */
  readonly folder: string;
  readonly url: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface ManifestNode {
  /** Folder of the installation. */
  readonly name: string;
  readonly repository: string;
  readonly ref: string | null;
  /** What was installed; `null` where the installation did not tell. */
  readonly commit: string | null;
  readonly types: readonly string[];
}

const checked = (problemOf: (text: string) => string | undefined) =>
  z.string().refine(text => problemOf(text) === undefined);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().nonnegative();
const model = z.strictObject({
  path: checked(pathProblem),
  folder: checked(pathProblem),
  url: checked(urlProblem),
  sha256,
  bytes,
});
const node = z.strictObject({
  name: checked(nodeNameProblem),
  repository: checked(repositoryProblem),
  ref: checked(refProblem).nullable(),
  commit: checked(refProblem).nullable(),
  types: z.array(z.string()),
});
const schema = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  version: z.literal(1),
  name: z.string(),
  created: z.string(),
  operation: z.string(),
  workflow: z.strictObject({ format: z.enum(['ui', 'api']), sha256, bytes }),
  models: z.array(model),
  nodes: z.array(node),
  missing: z.array(
    z.strictObject({
      kind: z.enum(['model', 'node']),
      name: z.string(),
      problem: z.string(),
      pointers: z.array(z.string()),
    }),
  ),
  core: z.array(z.string()).optional(),
  checksum: sha256,
});

/** Gives a manifest its checksum. */
export function sealed(manifest: Omit<Manifest, 'format' | 'version' | 'checksum'>): Manifest {
  const whole = { format: MANIFEST_FORMAT, version: 1, ...manifest } as const;
  return { ...whole, checksum: checksumOf(whole) };
}

/** What an operation has made of a plan, as of now. */
export function manifestOf(
  { workflow, missing, core }: Pick<Manifest, 'workflow' | 'missing' | 'core'>,
  { models, nodes }: Pick<Manifest, 'models' | 'nodes'>,
  made: Pick<Manifest, 'name' | 'operation'>,
): Manifest {
  const created = new Date().toISOString();
  return sealed({ ...made, created, workflow, models, nodes, missing, ...(core && { core }) });
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function checksumOf(manifest: object): string {
  return sha256OfText(ordered(manifest));
}

/** JSON with the keys of each object in order, so that it does not matter how a file was formatted. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Why a text is no manifest, in words; the manifest where it is one. */
export function manifestFrom(text: string): Manifest | string {
  const findings = new Findings();
  const value = parseDocument(text, findings);
  if (findings.total > 0) return `its manifest ${findings.kept[0]?.problem}`;
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    return `its manifest is wrong at ${parsed.error.issues[0]?.path.join('/') || 'the root'}`;
  }
  const { checksum, ...rest } = parsed.data;
  if (checksum !== checksumOf(rest)) return 'its manifest was changed: the checksum is another one';
  return parsed.data;
}

/** The manifest in a folder; words where it is damaged, undefined where there is none. */
export async function manifestIn(folder: string): Promise<Manifest | string | undefined> {
  const found = await readOwn(join(folder, MANIFEST));
  if (typeof found === 'string') return `its manifest ${found}`;
  return found === undefined ? undefined : manifestFrom(found.text);
}

/** @throws ProjectDamagedError where there is none, or one that cannot be trusted */
export async function soundManifest(folder: string, name: string): Promise<Manifest> {
  const manifest = await manifestIn(folder);
  if (manifest === undefined) throw new ProjectDamagedError(name, 'it has no manifest');
  if (typeof manifest === 'string') throw new ProjectDamagedError(name, manifest);
  return manifest;
}
