import type { Agent } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes that are read at once at most. */
const SIZE = 256 * 1024;

/** What a socket reads into. */
export interface Reading {
  memory: Buffer;
  /** What was just read is being handed on. */
  handing: boolean;
  /** Whether anybody keeps something of what was read for later. */
  keeps: () => boolean;
}

const readings = new WeakMap<Socket, Reading>();
/** Whether the parser of HTTP copies what it hands on, so that what was read is nobody's any more; it says so by doing it. */
let copies = false;

/**
 * Lets the sockets of an agent read into memory that is used again and again: to allocate it for each read, as sockets do, costs more than
 * the read itself.
 */
export function readingAgent<A extends Agent>(agent: A): A {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const reading: Reading = {
      memory: Buffer.allocUnsafeSlow(SIZE),
      handing: false,
      keeps: () => false,
    };
    const onread = {
      buffer: () => {
        if (!copies && reading.keeps()) reading.memory = Buffer.allocUnsafeSlow(SIZE);
        return reading.memory;
      },
      callback: (count: number, bytes: Uint8Array) => {
        reading.handing = true;
        socket.emit('data', bytes.subarray(0, count));
        reading.handing = false;
        return true;
      },
    };
    const socket = create({ ...options, onread } as typeof options, callback) as Socket;
    readings.set(socket, reading);
    return socket;
  };
  return agent;
}

/** How a socket reads, where it is one of such an agent. */
export function readingOf(socket: Socket): Reading | undefined {
  return readings.get(socket);
}

/** What was read has come out of the parser as this chunk. */
export function handedOn(chunk: Buffer, reading: Reading | undefined): void {
  // What comes later may have been put together from several reads, and proves nothing.
  if (reading?.handing && chunk.buffer !== reading.memory.buffer) copies = true;
}
