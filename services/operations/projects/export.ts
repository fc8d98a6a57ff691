import { lstat, mkdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ValidationError } from '../../errors.ts';
import type { OperationContext } from '../../ports.ts';
import { CATALOGUE_FORMAT, type Catalogue } from './catalogue.ts';
import { ProjectDamagedError, ProjectMissingError } from './errors.ts';
import { codeOf, ignoreMissing, isThere, readOwn, sha256OfText, writeDurably } from './files.ts';
import { type Manifest, soundManifest } from './manifest.ts';
import { checkedName, hashOf, type PlaceInput, projectFolder, WORKFLOW } from './places.ts';
import { BUNDLE_FORMAT, type Bundle } from './source.ts';
import { placesOf, type Workshop } from './workshop.ts';

export interface ExportInput extends PlaceInput {
  readonly name: string;
  /** The file to write; absolute. Missing folders are made. */
  readonly file: string;
  /** Replaces a file that is there. @default false */
  readonly overwrite?: boolean;
}

export interface ExportResult {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a project as one JSON file, which `project.import` takes elsewhere: its workflow, and where its models and nodes come from.
 *
 * @throws ProjectMissingError, ProjectDamagedError, ValidationError
 */
export async function exportProject(
  workshop: Workshop,
  input: ExportInput,
  op: OperationContext,
): Promise<ExportResult> {
  const name = checkedName(input.name);
  const file = checkedFile(input.file);
  const folder = projectFolder(placesOf(workshop, input), name);
  if (!(await isThere(folder))) throw new ProjectMissingError(name);
  const manifest = await soundManifest(folder, name);
  const workflow = await readOwn(join(folder, WORKFLOW));
  if (typeof workflow !== 'object') {
    throw new ProjectDamagedError(name, `its workflow ${workflow ?? 'is missing'}`);
  }
  const bundle: Bundle = {
    format: BUNDLE_FORMAT,
    version: 1,
    name,
    workflow: workflow.text,
    catalogue: catalogueOf(manifest),
    manifest,
  };
  const text = `${JSON.stringify(bundle, null, 2)}\n`;
  const result = { file, bytes: Buffer.byteLength(text), sha256: sha256OfText(text) };
  op.signal.throwIfAborted();
  const there = await lstat(file).catch(ignoreMissing);
  // A pipe or a terminal would be waited for, and a link's file is not the one that was named.
  if (there?.isFile() === false) {
    throw new ValidationError(`${file} is no regular file; name one to write`, {
      details: { file },
    });
  }
  if (there !== undefined) {
    // An attempt before may have written it.
    if (there.size === result.bytes && (await readFile(file, 'utf8')) === text) return result;
    if (input.overwrite !== true) {
      throw new ValidationError(`${file} is there already`, { details: { file } });
    }
  }
  await mkdir(dirname(file), { recursive: true }).catch(cause => {
    if (codeOf(cause) !== 'EEXIST' && codeOf(cause) !== 'ENOTDIR') throw cause;
    throw new ValidationError(`${dirname(file)} is not a folder`, { details: { file }, cause });
  });
  // Beside it may be files of others, of any name but this one.
  await writeDurably(file, text, join(dirname(file), `.export-${hashOf(op.id)}.tmp`));
  return result;
}

function checkedFile(file: unknown): string {
  const fits = typeof file === 'string' && isAbsolute(file) && !file.includes('\0');
  if (fits && !/[/\\]$/.test(file)) return resolve(file);
  throw new ValidationError(`the file to write must be an absolute path, got ${String(file)}`);
}

/** Just what this project needs; commits in place of branches, so that the same comes again. */
function catalogueOf({ models, nodes, core }: Manifest): Catalogue {
  return {
    format: CATALOGUE_FORMAT,
    version: 1,
    models: Object.fromEntries(
      models.map(({ path, folder, url, sha256, bytes }) => {
        const name = path.slice(folder.length + 1);
        const alike = models.filter(other => other.path.endsWith(`/${name}`)).length;
        return [alike === 1 ? name : path, { url, sha256, bytes, folder }];
      }),
    ),
    nodes: Object.fromEntries(
      nodes.flatMap(({ name, repository, ref, commit, types }) => {
        const at = commit ?? ref;
        return types.map(type => [type, { repository, name, ...(at === null ? {} : { ref: at }) }]);
      }),
    ),
    ...(core && { core }),
  };
}
