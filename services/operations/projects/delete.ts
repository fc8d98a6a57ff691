import { lstat, rename, rm } from 'node:fs/promises';
import type { OperationContext } from '../../ports.ts';
import { type Claim, claimsIn, isProject } from './claims.ts';
import { ProjectMissingError } from './errors.ts';
import { cannotChange, ignoreMissing, isThere, isWithin, syncFolder } from './files.ts';
import { manifestIn } from './manifest.ts';
import {
  checkedName,
  modelFile,
  type PlaceInput,
  type Places,
  projectFolder,
  trashFolder,
} from './places.ts';
import { alone, placesOf, type Workshop } from './workshop.ts';

export interface DeleteInput extends PlaceInput {
  readonly name: string;
  /** Removes its models too, but for those that another project names. @default false */
  readonly models?: boolean;
}

export interface DeleteResult {
  readonly name: string;
  /** Models that were removed, below the folder of models. */
  readonly removed: readonly string[];
  /** Models that are still there. */
  readonly kept: readonly string[];
  /** Those of them that were to go and could not, and why. */
  readonly stuck: readonly { readonly path: string; readonly problem: string }[];
}

/**
 * Takes a project away: by one rename it is no project any more, then its files go. Installations stay, as does what a workflow has made elsewhere.
 *
 * @throws ProjectMissingError, ValidationError
 */
export async function deleteProject(
  workshop: Workshop,
  input: DeleteInput,
  op: OperationContext,
): Promise<DeleteResult> {
  const name = checkedName(input.name);
  const places = placesOf(workshop, input);
  const folder = projectFolder(places, name);
  const trash = trashFolder(places, name, op.id);
  const paths: readonly string[] = await op.step('models', async () => {
    // A file or a folder of somebody else's may have the name.
    if (!(await isProject(folder))) throw new ProjectMissingError(name);
    const manifest = await manifestIn(folder);
    return typeof manifest === 'object' ? manifest.models.map(({ path }) => path) : [];
  });
  await op.step('away', () =>
    alone(places, op.signal, async () => {
      // Where an attempt before has died behind the rename, what has the name now is another project.
      if (await isThere(trash)) return;
      await rename(folder, trash);
      await syncFolder(places.root);
    }),
  );
  const { removed, stuck } = await alone(places, op.signal, async () => {
    const claims = await claimsIn(places);
    // Nobody knows what a project with a damaged manifest names, so all of it may be.
    const unknown = claims.find(({ models }) => models === null);
    const why =
      unknown && `may be one of "${unknown.folder}", whose manifest is damaged or missing`;
    const isNamed = namedBy(claims);
    const [removed, stuck]: [string[], { path: string; problem: string }[]] = [[], []];
    for (const path of input.models === true ? paths : []) {
      if (isNamed(path)) continue;
      const problem = why ?? (await removedModel(places, path).catch(cannotChange));
      if (problem === undefined) removed.push(path);
      else stuck.push({ path, problem });
    }
    return { removed, stuck };
  });
  await rm(trash, { recursive: true, force: true });
  return { name, removed, kept: paths.filter(path => !removed.includes(path)), stuck };
}

/** Whether a model is one of these projects', also by what one could not get: the file is there for its workflow, wherever it came from. */
function namedBy(claims: readonly Claim[]): (path: string) => boolean {
  const paths = new Set(claims.flatMap(({ models }) => (models ?? []).map(({ path }) => path)));
  const missing = claims.flatMap(claim => claim.missing.filter(({ kind }) => kind === 'model'));
  const names = [...new Set(missing.map(({ name }) => `/${name}`))];
  return path => paths.has(path) || names.some(name => `/${path}`.endsWith(name));
}

/** Why it is still there; undefined where it is not. The project is gone by now, so that one model must not fail it. */
async function removedModel(places: Places, path: string): Promise<string | undefined> {
  const file = modelFile(places, path);
  const found = await lstat(file).catch(ignoreMissing);
  if (found === undefined) return undefined;
  if (found.isDirectory()) return 'is a folder';
  if (!(await isWithin(places.models, file))) return 'leads out of the folder of models';
  await rm(file, { force: true });
  return undefined;
}
