import { basename, dirname } from 'node:path';
import type { FileSystem } from '../sqljs/file-system.ts';
import { type DiskCall, MachineStopped, SimulatedDiskError } from './disk-failures.ts';
import { type Inode, newInode, overwrite, sectorsOf, type Write } from './disk-inode.ts';

/**
 * What becomes of writes that were not synced when the machine stops:
 * - `lost`: none reached the disk
 * - `kept`: all did
 * - `torn`: any sectors of them did, and any folder entries, in any order
 */
export type DiskOutcome = 'lost' | 'kept' | 'torn';

/** One change of a folder; `to` undefined removes. */
type FolderChange = readonly { readonly path: string; readonly to: Inode | undefined }[];

/** The code with which a call fails, such as `ENOSPC`; undefined where it does not. A failing write writes half. */
export type DiskFault = (call: DiskCall, path: string, number: number) => string | undefined;

/** A disk with a cache that forgets, whose calls are numbered. Each call takes no time. */
export class SimulatedDisk implements FileSystem {
  /** Calls that change something, so far. */
  calls = 0;
  /** Number of the call at which the machine stops; it isn't done any more. */
  crashAt: number = Number.POSITIVE_INFINITY;
  /** Kind of call at which the machine stops; it isn't done any more. */
  crashBefore: DiskCall | undefined;
  fault: DiskFault = () => undefined;
  readonly #entries = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #changes: FolderChange[] = [];
  readonly #open = new Map<number, { readonly inode: Inode; readonly path: string }>();
  #lastFd = 2;

  /** The machine has stopped at one of its calls. */
  get stopped(): boolean {
    return this.calls >= this.crashAt;
  }

  /** The disk after the machine has stopped and started again. */
  restarted(outcome: DiskOutcome, random: () => number): SimulatedDisk {
    const reaches = () => outcome === 'kept' || (outcome === 'torn' && random() < 0.5);
    const entries = new Map(this.#durable);
    for (const changes of this.#changes) {
      if (!reaches()) continue;
      for (const { path, to } of changes) enter(entries, path, to);
    }
    const disk = new SimulatedDisk();
    for (const [path, inode] of entries) {
      const doubtful = outcome === 'torn' ? [...inode.forgotten, ...inode.dirty] : inode.dirty;
      const reached = doubtful.flatMap(sectorsOf).filter(reaches);
      let content: Buffer = Buffer.from(inode.durable);
      for (const write of reached) content = overwrite(content, write);
      disk.put(path, content);
    }
    return disk;
  }

  /** The disk after the process alone was killed: the cache lives on. */
  reused(): this {
    this.#open.clear();
    this.calls = 0;
    this.crashAt = Number.POSITIVE_INFINITY;
    this.crashBefore = undefined;
    this.fault = () => undefined;
    return this;
  }

  /** Every file and its bytes, as reads see them. */
  files(): Readonly<Record<string, Buffer>> {
    return Object.fromEntries(
      [...this.#entries].map(([path, { cached }]) => [path, Buffer.from(cached)]),
    );
  }

  /** A file as if it had always been there. */
  put(path: string, content: Buffer): void {
    const inode = newInode(content);
    this.#entries.set(path, inode);
    this.#durable.set(path, inode);
  }

  open(path: string, flags: 'r' | 'r+' | 'wx'): number {
    if (flags !== 'r') this.#change('open', path);
    let inode = this.#entries.get(path);
    if (flags === 'wx') {
      if (inode) throw new SimulatedDiskError('EEXIST', 'open', path);
      inode = newInode(Buffer.alloc(0));
      this.#enter([{ path, to: inode }]);
    }
    if (!inode) throw new SimulatedDiskError('ENOENT', 'open', path);
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
      const write: Write = { offset, data: Buffer.from(bytes) };
      inode.cached = overwrite(inode.cached, write);
      inode.dirty.push(write);
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
    if (!inode) throw new SimulatedDiskError('ENOENT', 'rename', from);
    this.#enter([
      { path: from, to: undefined },
      { path: to, to: inode },
    ]);
  }

  unlink(path: string): void {
    this.#change('unlink', path);
    if (!this.#entries.has(path)) throw new SimulatedDiskError('ENOENT', 'unlink', path);
    this.#enter([{ path, to: undefined }]);
  }

  syncFolder(path: string): void {
    this.#change('syncFolder', path);
    for (const change of this.#changes.flat()) enter(this.#durable, change.path, change.to);
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

  #sync(fd: number, call: DiskCall): void {
    const { inode, path } = this.#file(fd);
    try {
      this.#change(call, path);
    } catch (error) {
      if (!(error instanceof MachineStopped)) inode.forgotten.push(...inode.dirty.splice(0));
      throw error;
    }
    for (const write of inode.dirty) inode.durable = overwrite(inode.durable, write);
    inode.dirty = [];
  }

  #enter(changes: FolderChange): void {
    this.#changes.push(changes);
    for (const { path, to } of changes) enter(this.#entries, path, to);
  }

  #change(call: DiskCall, path: string): void {
    this.calls += 1;
    if (call === this.crashBefore) this.crashAt = this.calls;
    if (this.stopped) throw new MachineStopped(call, path);
    const code = this.fault(call, path, this.calls);
    if (code) throw new SimulatedDiskError(code, call, path);
  }

  #file(fd: number): { readonly inode: Inode; readonly path: string } {
    const file = this.#open.get(fd);
    if (!file) throw new SimulatedDiskError('EBADF', 'open', String(fd));
    return file;
  }
}

function enter(entries: Map<string, Inode>, path: string, to: Inode | undefined): void {
  if (to) entries.set(path, to);
  else entries.delete(path);
}
