import { ErrorCode, PersistenceError } from '../../services/errors.ts';
import { damageError, diskError, quietly } from './disk-error.ts';
import type { FileSystem } from './file-system.ts';
import { redoGenerations, redoPath, type StorePaths } from './paths.ts';
import { APPLICATION_ID, STORE_FORMAT } from './schema.ts';

const MAGIC = Buffer.from('SQLite format 3\0');
const HEADER = 100;
/** Written and synced by pieces, so that reads get their turn, and the log's syncs are not queued behind one great flush. */
const PIECE = 4 * 1024 * 1024;

/** Reads the image, and refuses whatever isn't a whole one of ours. @throws PersistenceError */
export function readImage(fs: FileSystem, path: string): Buffer {
  let fd: number | undefined;
  let bytes: Buffer;
  try {
    fd = fs.open(path, 'r+'); // refuses a file that can't be written, before anything depends on it
    bytes = fs.read(fd, 0, fs.size(fd));
  } catch (error) {
    throw diskError('the store can not be opened', path, error);
  } finally {
    if (fd !== undefined) fs.close(fd);
  }
  return checkImage(bytes, path);
}

/** The same bytes, if they are a whole image of ours. @throws PersistenceError saying what is wrong with them */
export function checkImage(bytes: Buffer, path: string): Buffer {
  const magic = bytes.subarray(0, MAGIC.length);
  if (!MAGIC.subarray(0, magic.length).equals(magic)) {
    throw foreign(path, 'is not an SQLite file');
  }
  if (bytes.length < HEADER) {
    throw damageError(path, bytes.length, `is cut off after ${bytes.length} bytes`);
  }
  if (bytes.readUInt32BE(68) !== APPLICATION_ID) {
    throw foreign(path, 'is an SQLite file of another program');
  }
  const format = bytes.readUInt32BE(60);
  if (format > STORE_FORMAT) {
    throw new PersistenceError(
      `${path} was written by a newer release: it has store format ${format}, and this one reads up to ${STORE_FORMAT}. ` +
        'Update xstate-recovery, or choose another path. Nothing was changed.',
      { code: ErrorCode.STORE_VERSION, details: { file: path, format, supported: STORE_FORMAT } },
    );
  }
  const pageSize = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16);
  const expected = bytes.readUInt32BE(28) * pageSize;
  const countIsValid = bytes.readUInt32BE(24) === bytes.readUInt32BE(92);
  if (bytes.length % pageSize !== 0 || (countIsValid && bytes.length < expected)) {
    throw damageError(
      path,
      bytes.length,
      `is cut off: it has ${bytes.length} bytes where ${expected} belong`,
    );
  }
  return bytes;
}

function foreign(path: string, problem: string): PersistenceError {
  return new PersistenceError(`${path} ${problem}. Choose another path. Nothing was changed.`, {
    code: ErrorCode.STORE_FOREIGN,
    details: { file: path },
  });
}

/**
 * Puts a new image in the place of the last: written under another name, synced, renamed, and the rename synced. Before the rename the
 * old one is in force, after it the new one, and each finds the redo files that continue it.
 * Yields after each piece that was written.
 * @throws PersistenceError
 */
export function* writeImage(
  fs: FileSystem,
  paths: StorePaths,
  image: Uint8Array,
): Generator<void, void, void> {
  let fd: number | undefined;
  try {
    if (fs.kind(paths.newImage) !== 'none') fs.unlink(paths.newImage);
    fd = fs.open(paths.newImage, 'wx');
    for (let at = 0; at < image.length; at += PIECE) {
      fs.write(fd, image.subarray(at, at + PIECE), at);
      fs.fdatasync(fd);
      yield;
    }
    fs.fsync(fd);
    fs.close(fd);
    fd = undefined;
    fs.rename(paths.newImage, paths.image);
    fs.syncFolder(paths.folder);
  } catch (error) {
    throw diskError('the checkpoint could not be written', paths.newImage, error);
  } finally {
    const left = fd;
    if (left !== undefined) {
      quietly(() => fs.close(left));
      quietly(() => fs.unlink(paths.newImage));
    }
  }
}

/** Removes the redo files that a durable image has made needless. One that can't be removed is left for the next time. */
export function removeOldRedo(fs: FileSystem, paths: StorePaths, generation: number): void {
  quietly(() => {
    for (const old of redoGenerations(fs, paths)) {
      if (old < generation) fs.unlink(redoPath(paths, old));
    }
  });
}
