import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { knownLength } from './known-length.ts';
import { RawBody } from './raw-body.ts';

/** Bytes that are read at once at most, where nobody has room of his own for them. */
const SIZE = 256 * 1024;
/** So many where a head is expected, or the taker's room is not known yet: what comes with it of the body has to be copied. */
const FEW = 4 * 1024;

const readings = new WeakMap<Socket, Reading>();
/** Whether the parser of HTTP copies what it hands on, so that what was read is nobody's any more; it says so by doing it. */
let copies = false;

/**
 * How a socket reads: into memory that is used again and again, since to allocate it for each read, as sockets do, costs more than the read
 * itself.
 */
export class Reading {
  #memory = Buffer.allocUnsafeSlow(SIZE);
  /** What the next read goes to: that, or memory of whoever takes the body. */
  #into: Buffer<ArrayBufferLike> = this.#memory;
  readonly #spare: Buffer<ArrayBuffer>[] = [];
  #socket: Socket | undefined;
  /** What was just read is being handed on. */
  #handing = false;
  #expecting = false;
  #raw: RawBody | undefined;
  /** Whether anybody keeps something of what came out of the parser for later. */
  keeps: () => boolean = () => false;

  readonly onread = {
    buffer: (): Buffer<ArrayBufferLike> => {
      const room = this.#raw?.room;
      if (room !== undefined) {
        this.#into = room;
        return room;
      }
      const isKept = this.#raw?.holds === true || (!copies && this.keeps());
      if (isKept) this.#memory = this.#spare.pop() ?? Buffer.allocUnsafeSlow(SIZE);
      const isSoonElsewhere = this.#expecting || this.#raw?.isTaken === false;
      this.#into = isSoonElsewhere ? this.#memory.subarray(0, FEW) : this.#memory;
      return this.#into;
    },
    callback: (count: number): boolean => {
      this.#read(this.#into.subarray(0, count));
      return true;
    },
  };

  of(socket: Socket): void {
    this.#socket = socket;
    readings.set(socket, this);
  }

  /** A request is on its way, and the next that comes is its response. */
  expect(): void {
    this.#expecting = true;
    this.#raw = undefined;
  }

  /** The body of the response, where that goes past the parser; to be asked for when the response has come. */
  get raw(): RawBody | undefined {
    return this.#raw;
  }

  /** What was read has come out of the parser as this chunk. */
  handedOn(chunk: Buffer): void {
    // What comes later may have been put together from several reads, and proves nothing.
    if (this.#handing && chunk.buffer !== this.#memory.buffer) copies = true;
  }

  #read(bytes: Buffer): void {
    if (this.#raw !== undefined && this.#raw.coming > 0) this.#raw.came(bytes);
    else if (this.#expecting) this.#begin(bytes);
    else this.#parse(bytes);
  }

  /**
   * The parser copies every byte of a body into new memory, only to count it. So where the length is known, it is told that there is none: it
   * ends with the head. The response ends for its reader, and the socket is free for the next one, when the reader resumes it.
   */
  #begin(bytes: Buffer): void {
    this.#expecting = false;
    const known = knownLength(bytes);
    if (known === undefined || this.#socket === undefined) {
      this.#parse(bytes);
      return;
    }
    const raw = new RawBody(this.#socket, known.length, memory => this.#free(memory));
    this.#raw = raw;
    bytes.fill('0', ...known.digits, 'latin1');
    this.#parse(bytes.subarray(0, known.end));
    // The parser lets it go on.
    raw.pause();
    raw.came(bytes.subarray(known.end));
  }

  #parse(bytes: Buffer): void {
    this.#handing = true;
    const isRead = this.#socket?.emit('data', bytes);
    this.#handing = false;
    // Nobody has asked for it, so nothing on this connection is to be believed any more.
    if (isRead === false) this.#socket?.destroy();
  }

  #free({ buffer }: Buffer): void {
    if (buffer !== this.#memory.buffer && buffer instanceof ArrayBuffer) {
      this.#spare.push(Buffer.from(buffer));
    }
  }
}

/** Lets the sockets of an agent read so. */
export function readingAgent<A extends Agent>(agent: A): A {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const reading = new Reading();
    const { onread } = reading;
    const socket = create({ ...options, onread } as typeof options, callback) as Socket;
    reading.of(socket);
    return socket;
  };
  return agent;
}

/** How a socket reads, where it is one of such an agent. */
export function readingOf(socket: Socket): Reading | undefined {
  return readings.get(socket);
}
