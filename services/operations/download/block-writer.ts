/** The part of a file handle that is used. */
export interface Writable {
  writev(
    pieces: readonly Uint8Array[],
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** Told of each write, with the position behind it. The pieces that were written are its own from then on. */
export type Told = (position: number, pieces: readonly Uint8Array[]) => void;

const BLOCK = 1024 * 1024;
/** Pieces of a block. */
const MOST = 64;
/** Chunks below it are put together, so that a block of them has few pieces. */
const SMALL = 32 * 1024;
/** Milliseconds that a block may take to fill up; then what there is of it is written. */
const PATIENCE = 20;

/**
 * Writes a stretch of a file from its beginning on, a block at a time. While one block is written the next one fills up. What comes slowly is
 * written all the same soon after it has come. Large chunks are written from where they are, which is what makes it fast: they are its own once
 * they were appended.
 */
export class BlockWriter {
  readonly #file: Writable;
  #told: Told;
  #position: number;
  #disk: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #tail: Tail | undefined;
  #writing: Promise<void> | undefined;
  #wroteAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(file: Writable, position: number, told: Told) {
    this.#file = file;
    this.#position = position;
    this.#disk = position;
    this.#told = told;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#position;
  }

  /** Everything before it was handed to the system. */
  get written(): number {
    return this.#disk;
  }

  /** Begins another stretch. Nothing may be on its way. */
  move(position: number, told = this.#told): void {
    this.#told = told;
    this.#position = position;
    this.#disk = position;
    this.#empty();
    this.#failure = undefined;
  }

  /** Takes a chunk over. Where it returns a promise there is no room for more before it resolves. */
  append(chunk: Uint8Array): Promise<void> | undefined {
    this.#check();
    if (chunk.length < SMALL) this.#join(chunk);
    else this.#add(chunk);
    this.#bytes += chunk.length;
    this.#position += chunk.length;
    const full = this.#bytes >= BLOCK || this.#pieces.length >= MOST;
    if (full || performance.now() - this.#wroteAt >= PATIENCE) this.#pump();
    else this.#timer ??= setTimeout(() => this.#pump(), PATIENCE);
    // Where another block is on its way this one is still here.
    return full && this.#bytes > 0 ? this.#room() : undefined;
  }

  /** Resolves when everything has been handed to the system. */
  async flush(): Promise<void> {
    this.#pump();
    while (this.#writing !== undefined) {
      await this.#writing;
      this.#pump();
    }
    this.#check();
  }

  async #room(): Promise<void> {
    await this.#writing;
    this.#check();
  }

  /** A piece of its own. */
  #add(chunk: Uint8Array): void {
    this.#pieces.push(chunk);
    if (this.#tail !== undefined) this.#tail.start = this.#tail.end;
  }

  /** Makes the last piece longer, where that is one of small chunks. */
  #join(chunk: Uint8Array): void {
    const { length } = chunk;
    if (this.#tail === undefined || this.#tail.end + length > this.#tail.memory.length) {
      this.#tail = { memory: Buffer.allocUnsafeSlow(2 * SMALL), start: 0, end: 0 };
    }
    const tail = this.#tail;
    const goesOn = tail.end > tail.start;
    tail.memory.set(chunk, tail.end);
    tail.end += length;
    if (goesOn) this.#pieces.pop();
    this.#pieces.push(tail.memory.subarray(tail.start, tail.end));
  }

  #empty(): void {
    this.#pieces = [];
    this.#bytes = 0;
    if (this.#tail !== undefined) this.#tail.start = this.#tail.end;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Writes what there is, where nothing is being written. */
  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#bytes === 0 || this.#failure !== undefined) return;
    this.#wroteAt = performance.now();
    const pieces = this.#pieces;
    const bytes = this.#bytes;
    this.#empty();
    this.#writing = this.#write(pieces, bytes).then(
      () => this.#wrote(),
      (error: unknown) => {
        this.#failure = { error };
        this.#wrote();
      },
    );
  }

  #wrote(): void {
    this.#writing = undefined;
    if (this.#bytes >= BLOCK || this.#pieces.length >= MOST) this.#pump();
    else if (this.#bytes > 0) this.#timer ??= setTimeout(() => this.#pump(), PATIENCE);
  }

  async #write(pieces: readonly Uint8Array[], bytes: number): Promise<void> {
    const end = this.#disk + bytes;
    for (let left = pieces; this.#disk < end; ) {
      const { bytesWritten } = await this.#file.writev(left, this.#disk);
      this.#disk += bytesWritten;
      left = behind(left, bytesWritten);
    }
    this.#told(this.#disk, pieces);
  }
}

/** Where small chunks are put together. */
interface Tail {
  readonly memory: Buffer;
  /** From here on it is a piece of the block that is being filled. */
  start: number;
  end: number;
}

/** What is left of pieces without so many bytes at their beginning. */
function behind(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let gone = 0;
  for (const [index, piece] of pieces.entries()) {
    if (gone + piece.length > bytes)
      return [piece.subarray(bytes - gone), ...pieces.slice(index + 1)];
    gone += piece.length;
  }
  return [];
}
