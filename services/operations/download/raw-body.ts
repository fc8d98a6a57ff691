import type { Socket } from 'node:net';

/** Whoever takes the chunks of a body. */
export type Taker = (chunk: Buffer) => void;
/** Where whoever takes the chunks wants the next bytes to be read to. */
export type Room = () => Buffer<ArrayBufferLike>;

/**
 * A body of known length that goes past the parser of HTTP, from the memory that the socket reads into to whoever takes it. Begins paused,
 * with what has come behind the head.
 */
export class RawBody {
  readonly length: number;
  readonly #socket: Socket;
  readonly #done: (chunk: Buffer) => void;
  /** Came while it was paused: what TLS has decrypted it hands on, paused or not. */
  readonly #waiting: Buffer[] = [];
  #coming: number;
  #left: number;
  #taker: Taker | undefined;
  #roomOf: Room | undefined;
  /** Memory of the taker's, which nobody has to keep for him. */
  #theirs: ArrayBufferLike | undefined;
  #held: Buffer | undefined;
  #paused = true;

  /** @param done told of each chunk whose memory is not needed any more */
  constructor(socket: Socket, length: number, done: (chunk: Buffer) => void) {
    this.#socket = socket;
    this.#done = done;
    this.length = length;
    this.#coming = length;
    this.#left = length;
  }

  /** Bytes that nobody has taken yet. */
  get left(): number {
    return this.#left;
  }

  /** Bytes that have not come yet. */
  get coming(): number {
    return this.#coming;
  }

  get isTaken(): boolean {
    return this.#taker !== undefined;
  }

  /** Whether something of what was read is still needed. */
  get holds(): boolean {
    return this.#held !== undefined || this.#waiting.length > 0;
  }

  /** Was read from the socket. */
  came(bytes: Buffer): void {
    const chunk = bytes.length > this.#coming ? bytes.subarray(0, this.#coming) : bytes;
    this.#coming -= chunk.length;
    if (chunk.length > 0) this.#waiting.push(chunk);
    this.#handOn();
    // Nobody has asked for what comes behind it.
    if (bytes.length > chunk.length) this.#socket.destroy();
  }

  /**
   * Where the next bytes may be read to at once; undefined where something else comes before them, or nothing more. The taker may not have
   * put all of what is held in its place yet.
   */
  get room(): Buffer<ArrayBufferLike> | undefined {
    if (this.holds || this.#coming === 0) return undefined;
    const room = this.#roomOf?.();
    this.#theirs = room?.buffer;
    return room;
  }

  /**
   * Before it is resumed for the first time.
   * @param room asked for each time; what is read there is handed on as any other chunk
   */
  takenBy(taker: Taker, room?: Room): void {
    this.#taker = taker;
    this.#roomOf = room;
  }

  /** Called by the taker, who keeps its chunk until it resumes. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#done(held);
    this.#paused = false;
    this.#handOn();
    if (!this.#paused) this.#socket.resume();
  }

  #handOn(): void {
    while (!this.#paused) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) return;
      this.#left -= chunk.length;
      this.#taker?.(chunk);
      if (chunk.buffer === this.#theirs) continue;
      if (this.#paused) this.#held = chunk;
      else this.#done(chunk);
    }
  }
}
