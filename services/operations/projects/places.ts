import { createHash } from 'node:crypto';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { projectNameProblem } from './safe-names.ts';

/** Where inputs say themselves what folders they mean; only where the manager has no `root`. */
export interface PlaceInput {
  /** Absolute. */
  readonly root?: string;
  /** Absolute: the folder of all models. */
  readonly modelsRoot?: string;
  /** Absolute: the folder of all installations of nodes. @default the installation's own */
  readonly nodesRoot?: string;
}

/** The folders of one operation. */
export interface Places {
  /** Projects are in folders below it. */
  readonly root: string;
  /** Models of all projects. */
  readonly models: string;
  /** Installations of nodes, where it is known. */
  readonly nodes: string | undefined;
  /** Whether an installation has to be told where. */
  readonly tellNodes: boolean;
}

/** What of it a manager has settled. */
export interface OwnPlaces {
  readonly root: string | undefined;
  readonly models: string | undefined;
  readonly nodes: string | undefined;
}

export const MANIFEST = 'project.json';
export const WORKFLOW = 'workflow.json';
/** What an operation is going to make, while it does; stands in its staging folder. */
export const PLAN = 'plan.json';
/** Copies of the manifest and the workflow as they were made, to repair them from. */
export const ORIGIN = '.origin';

/** @throws ValidationError for a name that is none of a project */
export function checkedName(name: unknown): string {
  const problem = projectNameProblem(name);
  if (problem === undefined) return name as string;
  throw new ValidationError(`the project's name ${problem}`, { details: { name: String(name) } });
}

/** @throws ValidationError for folders that are missing, or not for the input to choose */
export function placesFor({ root, models, nodes }: OwnPlaces, input: PlaceInput): Places {
  if (root === undefined || models === undefined) {
    const named = input.nodesRoot === undefined ? nodes : absolute('nodesRoot', input.nodesRoot);
    return {
      root: absolute('root', input.root),
      models: absolute('modelsRoot', input.modelsRoot),
      nodes: named,
      tellNodes: input.nodesRoot !== undefined,
    };
  }
  const { root: asked, modelsRoot, nodesRoot } = input;
  if (asked === undefined && modelsRoot === undefined && nodesRoot === undefined) {
    return { root, models, nodes, tellNodes: false };
  }
  throw new ValidationError('the folders are settled; leave them out of the input');
}

function absolute(what: string, path: unknown): string {
  if (typeof path === 'string' && isAbsolute(path) && !path.includes('\0')) return resolve(path);
  throw new ValidationError(`${what} must be an absolute path, got ${String(path)}`);
}

export function projectFolder({ root }: Pick<Places, 'root'>, name: string): string {
  return join(root, name);
}

/** Where an operation puts a project together, or takes it apart. The name follows from the operation, so that the next attempt finds it. */
export function stagingFolder(
  { root }: Pick<Places, 'root'>,
  name: string,
  operationId: string,
): string {
  return join(root, `.${name}.staging-${hashOf(operationId)}`);
}

export function trashFolder(
  { root }: Pick<Places, 'root'>,
  name: string,
  operationId: string,
): string {
  return join(root, `.${name}.trash-${hashOf(operationId)}`);
}

/** The hash in the name of a staging or trash folder; undefined for other names. */
export function ownerHash(folderName: string): string | undefined {
  return /^\..+\.(?:staging|trash)-([0-9a-f]{16})$/.exec(folderName)?.[1];
}

export function hashOf(operationId: string): string {
  return createHash('sha256').update(operationId).digest('hex').slice(0, 16);
}

/** The file of a model; its path was checked when it was read. */
export function modelFile({ models }: Places, path: string): string {
  return join(models, ...path.split('/'));
}

/** A file as a download manager wants it: relative to its own root where it has one. */
export function fileForDownload(file: string, downloadRoot: string | undefined): string {
  if (downloadRoot === undefined) return file;
  return relative(downloadRoot, file).split(sep).join('/');
}
