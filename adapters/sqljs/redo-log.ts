import { randomInt } from 'node:crypto';
import { damageError, diskError, quietly } from './disk-error.ts';
import type { FileSystem } from './file-system.ts';
import { newRedoPath, redoPath, type StorePaths } from './paths.ts';
import {
  decodeHeader,
  encodeFrame,
  encodeHeader,
  type FrameKind,
  PAGE,
  seedOf,
} from './redo-format.ts';

/** Zeros written ahead: an append into them changes no size, which halves the time of its sync. */
const FIRST_CHUNK = 1024 * 1024;
/** A chunk grows to so many times the first. */
const GROWTH = 4;
const ZEROS = Buffer.alloc(FIRST_CHUNK);

/** Where the log goes on after recovery. */
export interface RedoStart {
  /** The generation to write; made where `end` is left out. */
  readonly generation: number;
  readonly nextSequence: number;
  readonly nextPosition: number;
  /** Where to append in the file that is there. */
  readonly end?: number;
  /** Bytes in redo files that no image holds yet. */
  readonly bytes: number;
  /** The generation of the image. */
  readonly imageGeneration: number;
}

/** A frame that is durable. */
export interface Appended {
  readonly sequence: number;
  /** Position of its first transition. */
  readonly position: number;
  /** The frame as it was written, in an ArrayBuffer of its own. */
  readonly frame: Buffer;
}

interface OpenFile {
  readonly fd: number;
  readonly path: string;
  readonly seed: number;
  end: number;
  allocated: number;
}

/**
 * The writing side of the redo: appends frames and begins generations. What it has returned is durable.
 *
 * After any failed write or sync the file is never written again, since a later sync may succeed without the lost pages having reached the disk.
 * The next append then begins a new generation, whose header says which frame it starts with: so a refused frame that lies whole in
 * the old file counts as refused.
 */
export class RedoLog {
  readonly #fs: FileSystem;
  readonly #paths: StorePaths;
  #file: OpenFile | undefined;
  #generation: number;
  #sequence: number;
  #position: number;
  #bytes: number;
  readonly #firstChunk: number;

  /**
   * @param firstChunk bytes of a new file: a multiple of `PAGE`, at most a megabyte
   * @throws PersistenceError
   */
  constructor(fs: FileSystem, paths: StorePaths, start: RedoStart, firstChunk = FIRST_CHUNK) {
    this.#firstChunk = firstChunk;
    this.#fs = fs;
    this.#paths = paths;
    this.#generation = start.generation;
    this.#sequence = start.nextSequence;
    this.#position = start.nextPosition;
    this.#bytes = start.bytes;
    if (start.end === undefined) this.#create(start.generation);
    else this.#reopen(start.generation, start.end);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Bytes in redo files that no image holds yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the file that is being written. */
  get currentBytes(): number {
    return (this.#file?.end ?? PAGE) - PAGE;
  }

  /** Forgets the bytes that an image holds by now. */
  forget(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** Appends one frame, durably. @throws PersistenceError and then nothing was written, as far as this process is concerned. */
  append(kind: FrameKind, payload: string, count: number): Appended {
    const file = this.#file ?? this.#create(this.#generation + 1);
    const sequence = this.#sequence;
    const position = this.#position;
    const frame = encodeFrame({ kind, sequence, position, count, payload }, file.seed);
    try {
      this.#reserve(file, frame.length);
      this.#fs.write(file.fd, frame, file.end);
      this.#fs.fdatasync(file.fd);
    } catch (error) {
      this.#abandon();
      throw diskError('the commit could not be written', file.path, error);
    }
    file.end += frame.length;
    this.#bytes += frame.length;
    this.#sequence += 1;
    this.#position += count;
    return { sequence, position, frame };
  }

  /**
   * Begins the next generation, between two frames. Where that fails nothing is appended until it has succeeded: the new
   * file may be there after a crash, and then ends the old one here.
   * @throws PersistenceError
   */
  rotate(): number {
    this.#abandon();
    this.#create(this.#generation + 1);
    return this.#generation;
  }

  close(): void {
    this.#abandon();
  }

  #reopen(generation: number, end: number): void {
    const path = redoPath(this.#paths, generation);
    try {
      const fd = this.#fs.open(path, 'r+');
      const header = decodeHeader(this.#fs.read(fd, 0, PAGE));
      if ('problem' in header) throw damageError(path, 0, header.problem);
      const allocated = Math.floor(this.#fs.size(fd) / PAGE) * PAGE;
      this.#file = { fd, path, seed: seedOf(header), end, allocated };
    } catch (error) {
      throw diskError('the redo file can not be opened for writing', path, error);
    }
  }

  /** Made under another name, synced, and named: whatever is there under a redo's name is whole. */
  #create(generation: number): OpenFile {
    const path = redoPath(this.#paths, generation);
    const temporary = newRedoPath(this.#paths);
    const header = {
      generation,
      firstSequence: this.#sequence,
      firstPosition: this.#position,
      salt: randomInt(2 ** 32),
    };
    let fd: number | undefined;
    try {
      if (this.#fs.kind(temporary) !== 'none') this.#fs.unlink(temporary);
      fd = this.#fs.open(temporary, 'wx');
      this.#fs.write(fd, encodeHeader(header), 0);
      this.#fs.write(fd, ZEROS.subarray(PAGE, this.#firstChunk), PAGE);
      this.#fs.fsync(fd);
      this.#fs.rename(temporary, path);
      this.#fs.syncFolder(this.#paths.folder);
    } catch (error) {
      if (fd !== undefined) quietly(() => this.#fs.close(fd as number));
      quietly(() => this.#fs.unlink(temporary));
      throw diskError('no redo file can be made', path, error);
    }
    this.#generation = generation;
    this.#file = { fd, path, seed: seedOf(header), end: PAGE, allocated: this.#firstChunk };
    return this.#file;
  }

  /** Sees to it that the file is as long as the frame needs, with zeros to spare. */
  #reserve(file: OpenFile, length: number): void {
    const needed = file.end + length;
    if (needed <= file.allocated) return;
    const first = this.#firstChunk;
    const chunk = Math.min(Math.max(file.allocated, first), GROWTH * first);
    const allocated = needed + chunk;
    for (let at = needed; at < allocated; at += ZEROS.length) {
      this.#fs.write(file.fd, ZEROS.subarray(0, Math.min(ZEROS.length, allocated - at)), at);
    }
    file.allocated = allocated;
  }

  #abandon(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file) quietly(() => this.#fs.close(file.fd));
  }
}
