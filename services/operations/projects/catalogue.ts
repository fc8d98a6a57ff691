import { z } from 'zod';
import { checkDocument, isRecord, parseDocument } from './document.ts';
import { CatalogueError } from './errors.ts';
import { readNamedFile } from './files.ts';
import { Findings, factsOf, type Path } from './findings.ts';
import { noteIssues } from './issues.ts';
import {
  nameProblem,
  normalisedModelName,
  pathProblem,
  refProblem,
  repositoryProblem,
  urlProblem,
} from './safe-names.ts';

/** Where a model comes from. */
export interface CatalogueModel {
  /** http or https, without credentials. */
  readonly url: string;
  /** 64 hexadecimal digits. @default the file is not checked the first time; later on it must stay what it was */
  readonly sha256?: string;
  /** Bytes of the file; tells how far an import is before the server has said it. @default unknown */
  readonly bytes?: number;
  /** Folder below `models`, such as `checkpoints`. @default the workflow's loaders say it */
  readonly folder?: string;
}

/** Where nodes come from. */
export interface CatalogueNode {
  /** http or https, without credentials. */
  readonly repository: string;
  /** Branch, tag or commit. @default the repository's own */
  readonly ref?: string;
  /** Folder of the installation. @default the repository's last part without `.git` */
  readonly name?: string;
}

/** The file that says where models and nodes come from. */
export interface Catalogue {
  readonly format: typeof CATALOGUE_FORMAT;
  readonly version: 1;
  /** By the file's name, with or without folders before it. */
  readonly models?: Readonly<Record<string, CatalogueModel>>;
  /** By the node's class type. */
  readonly nodes?: Readonly<Record<string, CatalogueNode>>;
  /** Class types of nodes that need no installation, besides those that are known to come with ComfyUI. */
  readonly core?: readonly string[];
}

export const CATALOGUE_FORMAT = 'xstate-recovery/catalogue';
const MAX_ENTRIES = 200_000;

/** A text that a check has nothing against. */
const text = (problemOf: (value: string) => string | undefined) =>
  z.string('must be a text').superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
const model = z.strictObject({
  url: text(urlProblem),
  sha256: text(value =>
    /^[0-9a-f]{64}$/i.test(value) ? undefined : 'must be 64 hexadecimal digits',
  ).optional(),
  bytes: z.int('must be an integer >= 0').nonnegative('must be an integer >= 0').optional(),
  folder: text(pathProblem).optional(),
});
const node = z.strictObject({
  repository: text(repositoryProblem),
  ref: text(refProblem).optional(),
  name: text(nodeNameProblem).optional(),
});
const schema = z.strictObject({
  format: z.literal(CATALOGUE_FORMAT, `must be "${CATALOGUE_FORMAT}"`),
  version: z.literal(1, 'must be 1'),
  models: z
    .record(
      text(value => pathProblem(normalisedModelName(value))),
      model,
    )
    .optional(),
  nodes: z.record(z.string().min(1).max(300), node).optional(),
  core: z.array(z.string().min(1).max(300)).max(MAX_ENTRIES).optional(),
});

export const EMPTY_CATALOGUE: Catalogue = { format: CATALOGUE_FORMAT, version: 1 };

/** The same for a folder's name of an installation; a dot in front would hide it, and a dash would look like an option. */
export function nodeNameProblem(name: string): string | undefined {
  if (/^[.-]/.test(name)) return 'must not begin with a dot or a dash';
  return nameProblem(name);
}

/**
 * Checks a catalogue that was parsed already.
 * @param path where it stands in its file
 * @throws CatalogueError that tells every problem
 */
export function checkCatalogue(value: unknown, path: Path = []): Catalogue {
  const findings = new Findings();
  const catalogue = checkDocument(value, findings) ? interpret(value, path, findings) : undefined;
  return refusedUnlessWhole(catalogue, findings);
}

/** @throws CatalogueError, ValidationError */
export async function readCatalogue(file: string): Promise<Catalogue> {
  const findings = new Findings();
  const value = parseDocument(await readNamedFile(file), findings);
  const catalogue = findings.total === 0 ? interpret(value, [], findings) : undefined;
  return refusedUnlessWhole(catalogue, findings);
}

function interpret(value: unknown, path: Path, findings: Findings): Catalogue | undefined {
  if (isRecord(value) && isRecord(value.models)) {
    const entries = Object.keys(value.models).length;
    if (entries > MAX_ENTRIES)
      findings.add([...path, 'models'], `has more than ${MAX_ENTRIES} entries`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as Catalogue;
  noteIssues(findings, path, parsed.error);
  return undefined;
}

function refusedUnlessWhole(catalogue: Catalogue | undefined, findings: Findings): Catalogue {
  if (catalogue === undefined || findings.total > 0) {
    throw new CatalogueError(factsOf('the catalogue', findings));
  }
  return catalogue;
}

/** The entry of a model: the one that names the most of its path wins. */
export function modelIn(
  { models = {} }: Catalogue,
  name: string,
  folder: string | undefined,
): CatalogueModel | undefined {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const names = [
    ...(folder === undefined ? [] : [`${folder}/${name}`, `${folder}/${base}`]),
    name,
    base,
  ];
  for (const key of names) if (Object.hasOwn(models, key)) return models[key];
  return undefined;
}

export function nodeIn({ nodes = {} }: Catalogue, type: string): CatalogueNode | undefined {
  return Object.hasOwn(nodes, type) ? nodes[type] : undefined;
}
