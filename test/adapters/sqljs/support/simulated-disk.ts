import { basename, dirname } from 'node:path';
import type { FileSystem } from '../../../../adapters/sqljs/file-system.ts';

/** Thrown in place of the call at which the machine stops, and by every call after it. */
export class Crash extends Error {}

/**
 * What becomes of writes that were not synced when the machine stops:
 * - `lost`: none reached the disk
 * - `kept`: all did
 * - `torn`: any sectors of them did, and any folder entries, in any order
 */
export type Outcome = 'lost' | 'kept' | 'torn';

interface Write {
  readonly offset: number;
  readonly data: Buffer;
}

interface Inode {
  /** What reads see. */
  cached: Buffer;
  durable: Buffer;
  /** In the cache only. */
  dirty: Write[];
  /** Written, and forgotten by a failed sync: no later sync brings them to the disk, though reads see them. */
  forgotten: Write[];
}

/** One change of a folder; `to` undefined removes. */
interface FolderChange {
  readonly changes: readonly { readonly path: string; readonly to: Inode | undefined }[];
}

type Fault = (call: string, path: string, number: number) => string | undefined;

const SECTOR = 512;

/** A disk with a cache that forgets, whose calls are numbered. */
export class SimulatedDisk implements FileSystem {
  /** Calls that change something, so far. */
  calls = 0;
  /** Number of the call at which the machine stops; it isn't done any more. */
  crashAt = Number.POSITIVE_INFINITY;
  /** The code with which a call fails, if it does. A failing write writes half. */
  fault: Fault = () => undefined;
  readonly #entries = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #changes: FolderChange[] = [];
  readonly #open = new Map<number, { readonly inode: Inode; readonly path: string }>();
  #lastFd = 2;

  /** The disk after the machine has stopped and started again. */
  restarted(outcome: Outcome, random: () => number): SimulatedDisk {
    const reaches = () => outcome === 'kept' || (outcome === 'torn' && random() < 0.5);
    const entries = new Map(this.#durable);
    for (const { changes } of this.#changes) {
      if (!reaches()) continue;
      for (const { path, to } of changes) {
        if (to) entries.set(path, to);
        else entries.delete(path);
      }
    }
    const disk = new SimulatedDisk();
    for (const [path, inode] of entries) {
      let content: Buffer = Buffer.from(inode.durable);
      const doubtful = outcome === 'torn' ? [...inode.forgotten, ...inode.dirty] : inode.dirty;
      for (const write of doubtful) {
        for (let at = 0; at < write.data.length; at += SECTOR) {
          if (!reaches()) continue;
          content = written(content, write.offset + at, write.data.subarray(at, at + SECTOR));
        }
      }
      disk.put(path, content);
    }
    return disk;
  }

  /** The disk after the process alone was killed: the cache lives on. */
  reused(): this {
    this.#open.clear();
    this.calls = 0;
    this.crashAt = Number.POSITIVE_INFINITY;
    this.fault = () => undefined;
    return this;
  }

  /** Every file and its bytes, as reads see them. */
  files(): Readonly<Record<string, Buffer>> {
    return Object.fromEntries(
      [...this.#entries].map(([path, inode]) => [path, Buffer.from(inode.cached)]),
    );
  }

  /** A file as if it had always been there. */
  put(path: string, content: Buffer): void {
    const [cached, durable] = [Buffer.from(content), Buffer.from(content)];
    const inode = { cached, durable, dirty: [], forgotten: [] };
    this.#entries.set(path, inode);
    this.#durable.set(path, inode);
  }

  open(path: string, flags: 'r' | 'r+' | 'wx'): number {
    if (flags !== 'r') this.#change('open', path);
    let inode = this.#entries.get(path);
    if (flags === 'wx') {
      if (inode) throw systemError('EEXIST', 'open', path);
      inode = { cached: Buffer.alloc(0), durable: Buffer.alloc(0), dirty: [], forgotten: [] };
      this.#enter([{ path, to: inode }]);
    }
    if (!inode) throw systemError('ENOENT', 'open', path);
    this.#lastFd += 1;
    this.#open.set(this.#lastFd, { inode, path });
    return this.#lastFd;
  }

  close(fd: number): void {
    this.#open.delete(fd);
  }

  size(fd: number): number {
    return this.#file(fd).inode.cached.length;
  }

  read(fd: number, offset: number, length: number): Buffer {
    return Buffer.from(this.#file(fd).inode.cached.subarray(offset, offset + length));
  }

  write(fd: number, data: Uint8Array, offset: number): void {
    const { inode, path } = this.#file(fd);
    const apply = (bytes: Uint8Array) => {
      const copy = Buffer.from(bytes);
      inode.cached = written(inode.cached, offset, copy);
      inode.dirty.push({ offset, data: copy });
    };
    try {
      this.#change('write', path);
    } catch (error) {
      apply(data.subarray(0, data.length >> 1));
      throw error;
    }
    apply(data);
  }

  fdatasync(fd: number): void {
    this.#sync(fd, 'fdatasync');
  }

  fsync(fd: number): void {
    this.#sync(fd, 'fsync');
  }

  rename(from: string, to: string): void {
    this.#change('rename', from);
    const inode = this.#entries.get(from);
    if (!inode) throw systemError('ENOENT', 'rename', from);
    this.#enter([
      { path: from, to: undefined },
      { path: to, to: inode },
    ]);
  }

  unlink(path: string): void {
    this.#change('unlink', path);
    if (!this.#entries.has(path)) throw systemError('ENOENT', 'unlink', path);
    this.#enter([{ path, to: undefined }]);
  }

  syncFolder(path: string): void {
    this.#change('syncFolder', path);
    for (const { changes } of this.#changes) {
      for (const change of changes) {
        if (change.to) this.#durable.set(change.path, change.to);
        else this.#durable.delete(change.path);
      }
    }
    this.#changes = [];
  }

  list(folder: string): readonly string[] {
    return [...this.#entries.keys()]
      .filter(path => dirname(path) === folder)
      .map(path => basename(path));
  }

  kind(path: string): 'file' | 'none' {
    return this.#entries.has(path) ? 'file' : 'none';
  }

  #sync(fd: number, call: string): void {
    const { inode, path } = this.#file(fd);
    try {
      this.#change(call, path);
    } catch (error) {
      if (!(error instanceof Crash)) inode.forgotten.push(...inode.dirty.splice(0));
      throw error;
    }
    for (const { offset, data } of inode.dirty)
      inode.durable = written(inode.durable, offset, data);
    inode.dirty = [];
  }

  #enter(changes: FolderChange['changes']): void {
    this.#changes.push({ changes });
    for (const { path, to } of changes) {
      if (to) this.#entries.set(path, to);
      else this.#entries.delete(path);
    }
  }

  #change(call: string, path: string): void {
    this.calls += 1;
    if (this.calls >= this.crashAt) throw new Crash(`the machine stopped before ${call} ${path}`);
    const code = this.fault(call, path, this.calls);
    if (code) throw systemError(code, call, path);
  }

  #file(fd: number): { readonly inode: Inode; readonly path: string } {
    const file = this.#open.get(fd);
    if (!file) throw systemError('EBADF', 'fd', String(fd));
    return file;
  }
}

/** In place, where there is room. */
function written(content: Buffer, offset: number, data: Buffer): Buffer {
  const end = offset + data.length;
  const result = end <= content.length ? content : Buffer.alloc(end);
  if (result !== content) content.copy(result);
  data.copy(result, offset);
  return result;
}

function systemError(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${call} '${path}'`), {
    code,
    syscall: call,
    path,
  });
}
