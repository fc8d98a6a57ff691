import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_TYPE, problemOf } from './problem.ts';
import { Refusal, type RefusalCode } from './refusal.ts';

/** Another way into the same server, below an address of its own. It checks who asks by itself. */
export interface Annex {
  /** Begins with the server's base path and ends with a slash. */
  readonly path: string;
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends its connections. Idempotent. */
  close(): Promise<void>;
}

/** Ends a connection that wanted to become a WebSocket, with the reason. */
export function refuseUpgrade(socket: Duplex, code: RefusalCode): void {
  const problem = problemOf(new Refusal(code));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'connection: close',
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
