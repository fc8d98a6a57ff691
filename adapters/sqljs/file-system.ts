import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/**
 * The calls that durability rests on, and no more, so that a test can stand in for the disk: lose what was not synced, fail any call,
 * or end between any two. Every call is synchronous (the engine lives in worker threads) and throws Node's system errors.
 */
export interface FileSystem {
  /** `r` reads, `r+` reads and writes, `wx` makes a new file and fails where there is one. */
  open(path: string, flags: 'r' | 'r+' | 'wx'): number;
  close(fd: number): void;
  size(fd: number): number;
  /** Up to `length` bytes; fewer at the end of the file. */
  read(fd: number, offset: number, length: number): Buffer;
  /** All of `data`, or it throws. */
  write(fd: number, data: Uint8Array, offset: number): void;
  /** Makes the file's content durable, and its size. */
  fdatasync(fd: number): void;
  fsync(fd: number): void;
  /** Durable after `syncFolder`. */
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Makes the folder's entries durable. */
  syncFolder(path: string): void;
  list(folder: string): readonly string[];
  kind(path: string): 'file' | 'folder' | 'other' | 'none';
}

/** The real disk. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags) => openSync(path, flags, 0o644),
  close: fd => closeSync(fd),
  size: fd => fstatSync(fd).size,

  read(fd, offset, length) {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const count = readSync(fd, bytes, done, length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  },

  write(fd, data, offset) {
    let done = 0;
    while (done < data.length) {
      done += writeSync(fd, data, done, data.length - done, offset + done);
    }
  },

  fdatasync: fd => fdatasyncSync(fd),
  fsync: fd => fsyncSync(fd),
  rename: (from, to) => renameSync(from, to),
  unlink: path => unlinkSync(path),

  syncFolder(path) {
    if (process.platform === 'win32') return; // Windows has no such call, and journals its folders
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },

  list: folder => readdirSync(folder),

  kind(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return 'none';
    if (stat.isFile()) return 'file';
    return stat.isDirectory() ? 'folder' : 'other';
  },
};
