import type { Duplex } from 'node:stream';
import type { Socket as EngineSocket } from 'engine.io';
import type { Frame } from './frame.ts';

/** By the id of a connection. */
export type SocketOf = (id: string) => Duplex | undefined;

/** Takes messages to one client, no faster than it reads. */
export class Wire {
  readonly #connection: EngineSocket;
  #closed = false;
  /** Wait until what they sent is on its way. */
  readonly #waiting = new Set<() => void>();

  constructor(connection: EngineSocket, socketOf: SocketOf) {
    this.#connection = connection;
    connection.once('close', () => {
      this.#closed = true;
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    });
    // Documented as public, declared as private.
    const { id } = connection as unknown as { readonly id: string };
    // All that is waiting goes out in one write, instead of one for each message.
    connection.on('flush', () => {
      const socket = socketOf(id) ?? connection.request.socket;
      socket.cork();
      process.nextTick(() => socket.uncork());
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when the client's connection has taken all of it, or is closed. */
  send(frames: readonly Frame[]): Promise<void> {
    if (this.#closed || frames.length === 0) return Promise.resolve();
    return new Promise(resolve => {
      this.#waiting.add(resolve);
      this.#write(frames, () => {
        this.#waiting.delete(resolve);
        resolve();
      });
    });
  }

  /** For what need not arrive: not sent while something else is on its way. */
  offer(frames: readonly Frame[]): void {
    if (this.#closed || !this.#connection.transport.writable) return;
    this.#write(frames);
  }

  #write(frames: readonly Frame[], taken?: () => void): void {
    const last = frames.length - 1;
    for (const [index, { packet, options }] of frames.entries()) {
      this.#connection.send(packet, options as object, index === last ? taken : undefined);
    }
  }
}
