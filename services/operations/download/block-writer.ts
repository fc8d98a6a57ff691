/** The part of a file handle that is used. */
export interface Writable {
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
}

/** What was written, to be looked at once more. */
export interface Written {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Gives the memory back. Who never does costs the writer an allocation. */
  readonly giveBack: (memory: ArrayBuffer) => void;
}

/**
 * Told of each write, with the position behind it.
 * @returns whether `written` is kept, to be given back later
 */
export type Told = (position: number, written: Written) => boolean;

const BLOCK = 1024 * 1024;
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
  #filling = Buffer.allocUnsafeSlow(BLOCK);
  #filled = 0;
  readonly #free: Buffer<ArrayBuffer>[] = [];
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
    this.#filled = 0;
    this.#failure = undefined;
  }

  /** Takes a chunk over. Where it returns a promise there is no room for more before it resolves. */
  append(chunk: Uint8Array): Promise<void> | undefined {
    const taken = this.#fill(chunk);
    return taken === chunk.length ? undefined : this.#appendRest(chunk.subarray(taken));
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

  async #appendRest(rest: Uint8Array): Promise<void> {
    for (let left = rest; left.length > 0; ) {
      await this.#writing;
      left = left.subarray(this.#fill(left));
    }
  }

  #fill(chunk: Uint8Array): number {
    this.#check();
    const taken = Math.min(chunk.length, BLOCK - this.#filled);
    this.#filling.set(taken === chunk.length ? chunk : chunk.subarray(0, taken), this.#filled);
    this.#filled += taken;
    this.#position += taken;
    if (this.#filled === BLOCK || performance.now() - this.#wroteAt >= PATIENCE) this.#pump();
    else this.#timer ??= setTimeout(() => this.#pump(), PATIENCE);
    return taken;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Writes what there is, where nothing is being written. */
  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#filled === 0 || this.#failure !== undefined) return;
    this.#wroteAt = performance.now();
    const block = this.#filling;
    const bytes = block.subarray(0, this.#filled);
    this.#filling = this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
    this.#filled = 0;
    this.#writing = this.#write(block, bytes).then(
      () => this.#wrote(),
      (error: unknown) => {
        this.#failure = { error };
        this.#wrote();
      },
    );
  }

  #wrote(): void {
    this.#writing = undefined;
    if (this.#filled === BLOCK) this.#pump();
    else if (this.#filled > 0) this.#timer ??= setTimeout(() => this.#pump(), PATIENCE);
  }

  async #write(block: Buffer<ArrayBuffer>, bytes: Buffer<ArrayBuffer>): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#disk);
      done += bytesWritten;
      this.#disk += bytesWritten;
    }
    const kept = this.#told(this.#disk, { bytes, giveBack: this.#giveBack });
    if (!kept) this.#free.push(block);
  }

  readonly #giveBack = (memory: ArrayBuffer): void => {
    this.#free.push(Buffer.from(memory));
  };
}
