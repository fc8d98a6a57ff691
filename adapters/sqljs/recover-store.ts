import { PersistenceError } from '../../services/errors.ts';
import { damageError, diskError } from './disk-error.ts';
import type { FileSystem } from './file-system.ts';
import { readImage, removeOldRedo, writeImage } from './image.ts';
import { redoGenerations, redoPath, removeLeftovers, type StorePaths } from './paths.ts';
import { decodeHeader, PAGE } from './redo-format.ts';
import type { RedoStart } from './redo-log.ts';
import { type RedoScan, scanRedo } from './redo-scan.ts';
import { SqlStore } from './sql-store.ts';
import type { Sqlite } from './sqlite.ts';

/** A store that has been brought up to its last acknowledged commit. */
export interface RecoveredStore {
  readonly sql: SqlStore;
  /** Where the redo goes on. */
  readonly start: RedoStart;
  readonly imageBytes: number;
  /** What was mended. */
  readonly warnings: readonly string[];
}

/** Frames that are applied in one transaction while the redo is replayed. */
const REPLAYED_AT_ONCE = 512;

/**
 * Opens the image and replays the redo, or makes a new store. Reads and checks everything before it changes anything.
 * @throws PersistenceError
 */
export function recoverStore(fs: FileSystem, paths: StorePaths, sqlite: Sqlite): RecoveredStore {
  const { image } = paths;
  let generations: readonly number[];
  try {
    generations = redoGenerations(fs, paths);
  } catch (error) {
    throw diskError('the folder of the store can not be read', paths.folder, error);
  }
  const kind = fs.kind(image);
  if (kind === 'folder' || kind === 'other') {
    throw new PersistenceError(
      `${image} is ${kind === 'folder' ? 'a folder' : 'not an ordinary file'}: a store needs the path of a file`,
      { details: { file: image } },
    );
  }
  if (kind === 'none') {
    const [redo] = generations;
    if (redo !== undefined) {
      throw damageError(image, 0, `is missing, while ${redoPath(paths, redo)} is there`);
    }
    create(fs, paths, sqlite);
  }
  const bytes = readImage(fs, image);
  const sql = openImage(sqlite, bytes, image);
  try {
    const recovered = replay(fs, paths, sql, bytes.length);
    return sql.migrated ? renewed(fs, paths, recovered) : recovered;
  } catch (error) {
    sql.close();
    throw error;
  }
}

function create(fs: FileSystem, paths: StorePaths, sqlite: Sqlite): void {
  const empty = new SqlStore(sqlite);
  try {
    for (const _ of writeImage(fs, paths, empty.export(1)));
  } finally {
    empty.close();
  }
}

function openImage(sqlite: Sqlite, bytes: Buffer, path: string): SqlStore {
  try {
    return new SqlStore(sqlite, bytes);
  } catch (error) {
    throw damageError(path, 0, `can not be read by SQLite: ${(error as Error).message}`);
  }
}

function replay(
  fs: FileSystem,
  paths: StorePaths,
  sql: SqlStore,
  imageBytes: number,
): RecoveredStore {
  const { generation: first } = sql.mark;
  const warnings: string[] = [];
  const files = redoGenerations(fs, paths)
    .filter(generation => generation >= first)
    .map((generation, index) => {
      if (generation !== first + index) {
        throw damageError(redoPath(paths, first + index), 0, 'is missing');
      }
      return {
        generation,
        path: redoPath(paths, generation),
        bytes: readRedo(fs, paths, generation),
      };
    });
  const scans = files.map(({ generation, path, bytes }, index): RedoScan => {
    const after = files[index + 1];
    const header = after && decodeHeader(after.bytes);
    const sequenceAfter = header && 'firstSequence' in header ? header.firstSequence : undefined;
    const scan = scanRedo(bytes, generation, sequenceAfter);
    if (scan.damage) throw damageError(path, scan.damage.offset, scan.damage.problem);
    if (scan.tornBytes > 0) {
      warnings.push(
        `${path} ended in a torn write of ${scan.tornBytes} bytes at offset ${scan.end}, which was never acknowledged; it was cut off`,
      );
    }
    return scan;
  });
  for (const [index, scan] of scans.entries()) {
    checkContinues(sql, files[index]?.path ?? '', scan);
    const { frames } = scan;
    for (let at = 0; at < frames.length; at += REPLAYED_AT_ONCE) {
      sql.apply(frames.slice(at, at + REPLAYED_AT_ONCE));
    }
  }
  const last = files.at(-1);
  const scan = scans.at(-1);
  if (last && scan) rewriteLastFrame(fs, last.path, last.bytes, scan);
  syncFolder(fs, paths);
  removeLeftovers(fs, paths);
  removeOldRedo(fs, paths, first);
  return { sql, imageBytes, warnings, start: startAfter(sql, files.length, scans) };
}

/**
 * What an older release wrote becomes an image of today before anything is added to it, so that none that would read only a part of what is added
 * opens it any more.
 */
function renewed(fs: FileSystem, paths: StorePaths, recovered: RecoveredStore): RecoveredStore {
  const { sql, start } = recovered;
  const generation = start.generation + 1;
  const image = sql.export(generation);
  for (const _ of writeImage(fs, paths, image));
  removeOldRedo(fs, paths, generation);
  const { nextSequence, nextPosition } = start;
  return {
    ...recovered,
    imageBytes: image.length,
    start: { nextSequence, nextPosition, generation, bytes: 0, imageGeneration: generation },
  };
}

function checkContinues(sql: SqlStore, path: string, scan: RedoScan): void {
  const { sequence, position } = sql.mark;
  if (scan.firstSequence !== sequence + 1 || scan.firstPosition !== position + 1) {
    const begins = `begins with frame ${scan.firstSequence} at position ${scan.firstPosition}`;
    const belongs = `where frame ${sequence + 1} at position ${position + 1} belongs`;
    throw damageError(path, 0, `${begins}, ${belongs}`);
  }
}

/** Behind a torn write a new generation begins; a clean end is written on. */
function startAfter(sql: SqlStore, files: number, scans: readonly RedoScan[]): RedoStart {
  const { generation, sequence, position } = sql.mark;
  const last = scans.at(-1);
  const bytes = scans.reduce((sum, scan) => sum + scan.end - PAGE, 0);
  const next = {
    nextSequence: sequence + 1,
    nextPosition: position + 1,
    bytes,
    imageGeneration: generation,
  };
  if (!last) return { ...next, generation };
  const current = generation + files - 1;
  return last.tornBytes > 0
    ? { ...next, generation: current + 1 }
    : { ...next, generation: current, end: last.end };
}

function readRedo(fs: FileSystem, paths: StorePaths, generation: number): Buffer {
  const path = redoPath(paths, generation);
  let fd: number | undefined;
  try {
    fd = fs.open(path, 'r');
    return fs.read(fd, 0, fs.size(fd));
  } catch (error) {
    throw diskError('the redo file can not be read', path, error);
  } finally {
    if (fd !== undefined) fs.close(fd);
  }
}

/**
 * What was read may be in the page cache only: the last process may have ended between a write and its sync, or its sync may have failed, and then a
 * later one would succeed without writing anything. Of the frames that can only be the last one; so it is written again, as it is, before
 * anything is told from it.
 */
function rewriteLastFrame(fs: FileSystem, path: string, bytes: Buffer, scan: RedoScan): void {
  let fd: number | undefined;
  try {
    fd = fs.open(path, 'r+');
    if (scan.end > scan.lastFrame) {
      fs.write(fd, bytes.subarray(scan.lastFrame, scan.end), scan.lastFrame);
    }
    fs.fsync(fd);
  } catch (error) {
    throw diskError('the redo file can not be made durable', path, error);
  } finally {
    if (fd !== undefined) fs.close(fd);
  }
}

/** A file may have got its name without that having reached the disk. */
function syncFolder(fs: FileSystem, { folder }: StorePaths): void {
  try {
    fs.syncFolder(folder);
  } catch (error) {
    throw diskError('the folder of the store can not be made durable', folder, error);
  }
}
