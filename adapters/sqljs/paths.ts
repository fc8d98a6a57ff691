import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { diskError } from './disk-error.ts';
import type { FileSystem } from './file-system.ts';

/** The files of a store. None ends in -journal, -wal or -shm: SQLite would take those for its own. */
export interface StorePaths {
  /** An ordinary SQLite file. */
  readonly image: string;
  /** Where the next image is written before it takes the place of the last. */
  readonly newImage: string;
  readonly folder: string;
  /** A folder with an entry for each process that holds, or is about to hold, the store. */
  readonly lock: string;
}

export function storePaths(image: string): StorePaths {
  return {
    image,
    newImage: `${image}.new`,
    folder: dirname(image),
    lock: `${image}.lock`,
  };
}

export function redoPath(paths: StorePaths, generation: number): string {
  return `${paths.image}.redo.${generation}`;
}

/** Where a redo file is made before it gets its name; so one with its name always has a whole header. */
export function newRedoPath(paths: StorePaths): string {
  return `${paths.image}.redo.new`;
}

/** The generations that redo files are there of, oldest first. */
export function redoGenerations(fs: FileSystem, paths: StorePaths): readonly number[] {
  const prefix = `${basename(paths.image)}.redo.`;
  return fs
    .list(paths.folder)
    .filter(name => name.startsWith(prefix) && /^[1-9]\d*$/.test(name.slice(prefix.length)))
    .map(name => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

/** Removes what a crash left half made. */
export function removeLeftovers(fs: FileSystem, paths: StorePaths): void {
  for (const path of [paths.newImage, newRedoPath(paths)]) {
    if (fs.kind(path) !== 'none') fs.unlink(path);
  }
}

/** The path with its links resolved, so that two names of one file share one lock; makes a missing folder. */
export function settledPath(path: string): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const folder = realpathSync(dirname(path));
    try {
      return realpathSync(path);
    } catch {
      return join(folder, basename(path));
    }
  } catch (error) {
    throw diskError('the folder of the store can not be used', dirname(path), error);
  }
}
