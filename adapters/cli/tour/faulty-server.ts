import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The end of a body that should have been longer. */
interface Cut {
  readonly after: number;
  /**
   * It ends when this resolves: an end throws away what the client has not read yet.
   * @default after half a second
   */
  readonly once?: () => Promise<unknown>;
}

/** What one request meets. Counts of bytes are of the body of that response. */
export type Fault =
  /** The connection is reset after this many bytes. */
  | (Cut & { readonly kind: 'reset' })
  /** Nothing more comes after this many bytes; without `after` not even the head does. */
  | { readonly kind: 'hang'; readonly after?: number }
  /** The connection ends before any answer. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** The head promises everything, the body ends after this many bytes. */
  | (Cut & { readonly kind: 'short' })
  /** The first byte of the body is another one. */
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'redirect'; readonly to: string }
  /** The given headers replace the right ones. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  /** A range is answered with at most this many bytes of it. */
  | { readonly kind: 'cap'; readonly bytes: number }
  /** The body comes slowly: so many bytes a second. */
  | { readonly kind: 'trickle'; readonly pace: number }
  /** From this request on the path has another file. */
  | { readonly kind: 'become'; readonly file: ServedFile }
  /** Ranges are not served this time: all of the file comes. */
  | { readonly kind: 'whole' };

export interface ServedFile {
  readonly content: Uint8Array;
  /** `null` for none. @default made from the content */
  readonly etag?: string | null;
  /** `null` for none. @default a day in 2024 */
  readonly lastModified?: string | null;
  /** Whether ranges are served. @default true */
  readonly ranges?: boolean;
  /** Whether the length is announced; otherwise the body is chunked. @default true */
  readonly length?: boolean;
  /** Bytes a second. @default as fast as it goes */
  readonly pace?: number;
  /** Sent with every response too, also with redirects. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the first requests meet, one each; the later ones are served well. @default none */
  readonly faults?: readonly Fault[];
  /** What a request meets that none of `faults` is left for. @param number of the path's requests, from 1 @default nothing */
  readonly faultFor?: (request: SeenRequest, number: number) => Fault | undefined;
}

export interface SeenRequest {
  readonly path: string;
  /** When it came (epoch ms). */
  readonly at: number;
  readonly headers: IncomingMessage['headers'];
  status: number;
  /** Bytes of the body that were handed to the socket. */
  sent: number;
}

const LAST_MODIFIED = 'Mon, 01 Jan 2024 00:00:00 GMT';
const CHUNK = 16 * 1024;
const READ_TIME = 500;

/** A web server whose misbehaviour is a program: for the tour, the tests, and whoever wants to see the download suffer. */
export class FaultyServer {
  /** Every request so far, oldest first. */
  readonly requests: SeenRequest[] = [];
  readonly #files = new Map<string, { file: ServedFile; faults: Fault[] }>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** Listens on a free port of the loopback interface. */
  static async listen(): Promise<FaultyServer> {
    const faulty = new FaultyServer();
    await new Promise<void>(resolve => faulty.#server.listen(0, '127.0.0.1', resolve));
    return faulty;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Serves a file at a path such as `/file`, instead of what was there; returns its URL. */
  serve(path: string, file: ServedFile): string {
    this.#files.set(path, { file, faults: [...(file.faults ?? [])] });
    return this.url + path;
  }

  /** The requests of one path. */
  seen(path: string): readonly SeenRequest[] {
    return this.requests.filter(request => request.path === path);
  }

  /** Ends the connections that nothing is asked on, as servers do after a while. */
  dropIdle(): void {
    this.#server.closeIdleConnections();
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const seen: SeenRequest = {
      path,
      at: Date.now(),
      headers: request.headers,
      status: 0,
      sent: 0,
    };
    this.requests.push(seen);
    const entry = this.#files.get(path);
    if (entry === undefined) {
      seen.status = 404;
      response.writeHead(404).end();
      return;
    }
    let { file } = entry;
    let fault = entry.faults.shift() ?? file.faultFor?.(seen, this.seen(path).length);
    if (fault?.kind === 'become') {
      file = fault.file;
      this.serve(path, file);
      fault = undefined;
    }
    await answer(file, fault, request, response, seen);
  }
}

async function answer(
  file: ServedFile,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  seen: SeenRequest,
): Promise<void> {
  if (fault?.kind === 'hang' && fault.after === undefined) return;
  if (fault?.kind === 'drop') {
    response.socket?.destroy();
    return;
  }
  if (fault?.kind === 'status' || fault?.kind === 'redirect') {
    seen.status = fault.kind === 'status' ? fault.status : 302;
    const retryAfter = fault.kind === 'status' ? fault.retryAfter : undefined;
    response.writeHead(seen.status, {
      ...file.headers,
      ...(fault.kind === 'redirect' ? { location: fault.to } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    });
    response.end();
    return;
  }
  const stretch = stretchFor(file, request, fault);
  const head = headOf(file, stretch);
  if (fault?.kind === 'headers') Object.assign(head.headers, fault.headers);
  // A body that is all there makes the client reuse the connection, behind a response that the server never ends.
  if (fault !== undefined && 'after' in fault) head.headers.connection = 'close';
  seen.status = head.status;
  response.writeHead(head.status, head.headers);
  response.flushHeaders();
  if (stretch === undefined) {
    response.end();
    return;
  }
  const body = Buffer.from(file.content.subarray(stretch.start, stretch.end));
  if (fault?.kind === 'corrupt' && body.length > 0) body[0] = (body[0] ?? 0) ^ 0xff;
  const after = fault !== undefined && 'after' in fault ? fault.after : undefined;
  const pace = fault?.kind === 'trickle' ? fault.pace : file.pace;
  await send(body.subarray(0, after), pace, response, seen);
  if (fault?.kind === 'hang') return;
  if (fault?.kind !== 'reset' && fault?.kind !== 'short') {
    response.end();
    return;
  }
  await (fault.once?.() ?? sleep(READ_TIME));
  if (fault.kind === 'reset') response.socket?.resetAndDestroy();
  else response.socket?.end();
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly partial: boolean;
}

/** Undefined: the range cannot be satisfied. */
function stretchFor(
  file: ServedFile,
  request: IncomingMessage,
  fault: Fault | undefined,
): Stretch | undefined {
  const size = file.content.length;
  const whole = { start: 0, end: size, partial: false };
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (match === null || file.ranges === false || fault?.kind === 'whole') return whole;
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== etagOf(file) && condition !== dateOf(file)) {
    return whole;
  }
  const start = Number(match[1]);
  if (start >= size) return undefined;
  const wanted = match[2] ? Math.min(size, Number(match[2]) + 1) : size;
  const end = fault?.kind === 'cap' ? Math.min(wanted, start + fault.bytes) : wanted;
  return { start, end, partial: true };
}

function headOf(
  file: ServedFile,
  stretch: Stretch | undefined,
): { readonly status: number; readonly headers: Record<string, string> } {
  const headers: Record<string, string> = { ...file.headers };
  const etag = etagOf(file);
  const date = dateOf(file);
  if (etag !== null) headers.etag = etag;
  if (date !== null) headers['last-modified'] = date;
  const size = file.content.length;
  if (stretch === undefined) {
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` } };
  }
  if (file.ranges !== false) headers['accept-ranges'] = 'bytes';
  if (file.length !== false) headers['content-length'] = String(stretch.end - stretch.start);
  if (!stretch.partial) return { status: 200, headers };
  headers['content-range'] = `bytes ${stretch.start}-${stretch.end - 1}/${size}`;
  return { status: 206, headers };
}

async function send(
  body: Uint8Array,
  pace: number | undefined,
  response: ServerResponse,
  seen: SeenRequest,
): Promise<void> {
  const chunk = pace === undefined ? CHUNK : Math.max(1, Math.min(CHUNK, Math.round(pace / 50)));
  for (let at = 0; at < body.length && !response.destroyed; at += chunk) {
    const piece = body.subarray(at, at + chunk);
    await new Promise<void>(resolve => response.write(piece, () => resolve()));
    seen.sent += piece.length;
    if (pace !== undefined) await sleep((piece.length * 1000) / pace);
  }
}

function etagOf(file: ServedFile): string | null {
  if (file.etag !== undefined) return file.etag;
  return `"${createHash('sha256').update(file.content).digest('hex').slice(0, 16)}"`;
}

function dateOf(file: ServedFile): string | null {
  return file.lastModified === undefined ? LAST_MODIFIED : file.lastModified;
}

/** Bytes that look random and are the same every time; no two stretches of them are alike. */
export function sampleBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
