/** The part of a file handle that is used. */
export interface Writable {
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** Memory that another thread can read too, without a copy. */
export type SharedBytes = Buffer<SharedArrayBuffer>;

/** What was written, to be looked at once more. */
export interface Written {
  readonly bytes: SharedBytes;
  /** Lets the memory be written to again, called once. The writer waits for it where too much of its memory is kept. */
  readonly giveBack: () => void;
}

/**
 * Told of each write, with the position behind it.
 * @returns whether `written` is kept, to be given back later
 */
export type Told = (position: number, written: Written) => boolean;

interface Block {
  readonly bytes: SharedBytes;
  /** Writes that are to come, and whoever keeps something of it. */
  users: number;
}

/** Bytes of a block that are to be written. */
interface Stretch {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
}

const BLOCK = 1024 * 1024;
/** Full blocks that may be in use; then nothing more is taken before one of them is free. */
const IN_USE = 4;
/** Bytes that may wait to be written: they are lost when the process dies. */
const UNWRITTEN = 2 * BLOCK;
/** Milliseconds that a block may take to fill up; then what there is of it is written. */
const PATIENCE = 20;

/**
 * Writes a stretch of a file from its beginning on, a block at a time. While one block is written the next one fills up. What comes slowly is
 * written all the same soon after it has come.
 */
export class BlockWriter {
  readonly #file: Writable;
  #told: Told;
  #position: number;
  #disk: number;
  #filling = newBlock();
  #filled = 0;
  /** What of it has been given to be written. */
  #begun = 0;
  readonly #free: Block[] = [];
  #full = 0;
  readonly #waiting: Stretch[] = [];
  #writing: Promise<void> | undefined;
  #wroteAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #relieved: (() => void)[] = [];
  /** A part of a chunk waits for room. */
  #crammed = false;
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

  /**
   * Whether nothing is on its way. Who has given up what he appended cannot know without it: the rest of a chunk may wait for memory that
   * somebody keeps, and is written when it has room, also after a flush.
   */
  get isIdle(): boolean {
    return !this.#crammed && this.#writing === undefined && this.#filled === this.#begun;
  }

  /** Begins another stretch. Nothing may be on its way, and nobody may have room. */
  move(position: number, told = this.#told): void {
    this.#told = told;
    this.#position = position;
    this.#disk = position;
    this.#failure = undefined;
    for (const { block } of this.#waiting.splice(0)) this.#left(block);
    // Somebody may still look at what was written of it.
    if (this.#filling.users > 0) this.#next();
    this.#filled = 0;
    this.#begun = 0;
  }

  /** Where the next bytes would go: who puts them there before he appends them spares a copy. Good until something else is appended. */
  get room(): SharedBytes {
    return this.#filling.bytes.subarray(this.#filled);
  }

  /** Takes a chunk over. Where it returns a promise there is no room for more before it resolves. */
  append(chunk: Uint8Array): Promise<void> | undefined {
    const taken = this.#fill(chunk);
    return taken < chunk.length || this.#isCrowded
      ? this.#appendRest(chunk.subarray(taken))
      : undefined;
  }

  /** Resolves when everything that it had room for has been handed to the system. */
  async flush(): Promise<void> {
    this.#pump();
    while (this.#writing !== undefined) {
      await this.#writing;
      this.#pump();
    }
    this.#check();
  }

  async #appendRest(rest: Uint8Array): Promise<void> {
    this.#crammed = true;
    try {
      for (let left = rest; ; ) {
        while (this.#isCrowded) await new Promise<void>(resolve => this.#relieved.push(resolve));
        this.#check();
        if (left.length === 0) return;
        left = left.subarray(this.#fill(left));
      }
    } finally {
      this.#crammed = false;
    }
  }

  #fill(chunk: Uint8Array): number {
    this.#check();
    const { bytes } = this.#filling;
    const taken = Math.min(chunk.length, BLOCK - this.#filled);
    const isThere =
      chunk.buffer === bytes.buffer && chunk.byteOffset === bytes.byteOffset + this.#filled;
    if (!isThere) bytes.set(chunk.subarray(0, taken), this.#filled);
    this.#filled += taken;
    this.#position += taken;
    if (this.#filled === BLOCK) {
      this.#release();
      this.#next();
      this.#pump(false);
    } else if (performance.now() - this.#wroteAt >= PATIENCE) this.#pump();
    else this.#wait();
    return taken;
  }

  get #isCrowded(): boolean {
    const isBehind = this.#position - this.#disk >= UNWRITTEN;
    return this.#failure === undefined && (isBehind || this.#full >= IN_USE);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => this.#pump(), PATIENCE);
  }

  /** Goes on with another block. */
  #next(): void {
    this.#full += 1;
    this.#filling = this.#free.pop() ?? newBlock();
    this.#filled = 0;
    this.#begun = 0;
  }

  /** What has come of the block may be written. */
  #release(): void {
    if (this.#filled === this.#begun) return;
    this.#filling.users += 1;
    this.#waiting.push({ block: this.#filling, from: this.#begun, to: this.#filled });
    this.#begun = this.#filled;
  }

  /** Writes what waits for it, where nothing is being written: also of the block that fills up, unless that may take its time. */
  #pump(inPart = true): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#failure !== undefined) return;
    if (inPart) this.#release();
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#wroteAt = performance.now();
    this.#writing = this.#write(next).then(
      () => this.#wrote(),
      (error: unknown) => {
        this.#failure = { error };
        this.#wrote();
      },
    );
  }

  #wrote(): void {
    this.#writing = undefined;
    this.#pump(false);
    const isIdle = this.#writing === undefined && this.#failure === undefined;
    if (isIdle && this.#filled > this.#begun) this.#wait();
    this.#relieve();
  }

  async #write({ block, from, to }: Stretch): Promise<void> {
    const giveBack = () => this.#left(block);
    try {
      for (let at = from; at < to; ) {
        const { bytesWritten } = await this.#file.write(block.bytes, at, to - at, this.#disk);
        at += bytesWritten;
        this.#disk += bytesWritten;
      }
    } catch (error) {
      giveBack();
      throw error;
    }
    if (!this.#told(this.#disk, { bytes: block.bytes.subarray(from, to), giveBack })) giveBack();
  }

  /** Somebody does not need it any more. */
  #left(block: Block): void {
    block.users -= 1;
    if (block.users > 0 || block === this.#filling) return;
    this.#full -= 1;
    this.#free.push(block);
    this.#relieve();
  }

  #relieve(): void {
    if (this.#isCrowded) return;
    const relieved = this.#relieved;
    this.#relieved = [];
    for (const goOn of relieved) goOn();
  }
}

function newBlock(): Block {
  return { bytes: Buffer.from(new SharedArrayBuffer(BLOCK)), users: 0 };
}
