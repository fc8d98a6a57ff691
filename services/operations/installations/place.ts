import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../errors.ts';
import { ignoreMissing } from '../download/record.ts';

/** Where an installation and what belongs to it lie: all in one folder, so that a rename moves one to the place of the other. */
export interface Place {
  /** Absolute, links in it followed. */
  readonly root: string;
  readonly name: string;
  readonly target: string;
  /** What was at the target until the swap. */
  readonly previous: string;
  /** What a swap is about while it goes on. */
  readonly journal: string;
  /** Where an operation prepares what is to become the target, or takes away what was it. */
  readonly staging: string;
  /** Whose staging folder it is. */
  readonly record: string;
  /** The program that works in the staging folder. */
  readonly process: string;
  /** Says in the environment of programs which staging folder they are for. */
  readonly mark: string;
  /** The same folders as earlier releases have named them. */
  readonly former: { readonly staging: string; readonly previous: string };
}

/**
 * Ends the names of folders that lie beside the targets: ComfyUI takes every folder for nodes, hidden ones too, and loads it, but for those
 * that are named so.
 */
const NOT_LOADED = '.disabled';

/** What is told of an operation's id in names of files. */
export function operationHash(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}

const STAGING = /^\.(.+)\.staging-([0-9a-f]{16})(?:\.(disabled|json|process\.json))?(?:\.tmp)?$/;
const SWAPPED = /^\.(.+)\.(?:swap\.json|previous(?:\.disabled)?)$/;

/** The target's name and the operation's hash that the name of a file beside the targets tells of. */
export function stagingOf(
  file: string,
): { readonly name: string; readonly hash: string } | undefined {
  const [, name, hash] = STAGING.exec(file) ?? [];
  return name === undefined || hash === undefined ? undefined : { name, hash };
}

/** The target's name that the name of what a swap leaves tells of. */
export function swappedTarget(file: string): string | undefined {
  return SWAPPED.exec(file)?.[1];
}

export function placeBelow(root: string, name: string, hash: string): Place {
  const staging = join(root, `.${name}.staging-${hash}`);
  const previous = join(root, `.${name}.previous`);
  return {
    root,
    name,
    target: join(root, name),
    previous: previous + NOT_LOADED,
    journal: join(root, `.${name}.swap.json`),
    staging: staging + NOT_LOADED,
    record: `${staging}.json`,
    process: `${staging}.process.json`,
    mark: staging,
    former: { staging, previous },
  };
}

/**
 * The place of a name below a root, which is made where there is none.
 * @throws ValidationError where the root is no folder, or the target is a link or a file
 */
export async function openPlace(root: string, name: string, operationId: string): Promise<Place> {
  return placeIn(await realRoot(root), name, operationId);
}

/**
 * The same where nothing is to be made: undefined where there is no root.
 * @throws ValidationError where the target is a link or a file
 */
export async function existingPlace(
  root: string,
  name: string,
  operationId: string,
): Promise<Place | undefined> {
  const real = await existingRoot(root);
  return real === undefined ? undefined : placeIn(real, name, operationId);
}

async function placeIn(root: string, name: string, operationId: string): Promise<Place> {
  const place = placeBelow(root, name, operationHash(operationId));
  const there = await lstat(place.target).catch(ignoreMissing);
  if (there !== undefined && !there.isDirectory()) {
    const what = there.isSymbolicLink() ? 'a link, which may lead anywhere' : 'not a folder';
    throw new ValidationError(`${place.target} is ${what}; move it away or choose another name`, {
      details: { folder: place.target },
    });
  }
  return place;
}

async function realRoot(root: string): Promise<string> {
  try {
    await mkdir(root, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new ValidationError(`${root} is not a folder`, { cause: error });
  }
  return realpath(root);
}

/** Whether something has this name, be it a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing)) !== undefined;
}

/** Whether a folder, and no link to one, has this name. */
export async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing))?.isDirectory() === true;
}

/** The root with its links followed; undefined where there is none. */
export async function existingRoot(root: string): Promise<string | undefined> {
  const there = await stat(root).catch(ignoreMissing);
  return there?.isDirectory() === true ? realpath(root) : undefined;
}
