import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as Engine } from 'engine.io';
import { Server, type Socket } from 'socket.io';
import type { Recovery } from '../../services/ports.ts';
import { type Annex, refuseUpgrade } from '../http/annex.ts';
import { PROBLEM_TYPE, problemOf } from '../http/problem.ts';
import { Refusal, type RefusalCode } from '../http/refusal.ts';
import { systemClock } from '../system/system-clock.ts';
import { operationsBusy } from './busyness.ts';
import { Client } from './client.ts';
import { InspectorStream, statelyInspector } from './inspector-stream.ts';
import { Limits } from './limits.ts';
import { CONNECT_TIMEOUT, PING_INTERVAL, PING_TIMEOUT, type SocketOptions } from './options.ts';
import { Pace } from './pace.ts';
import { ProgressTeller } from './progress.ts';

export type { SocketOptions } from './options.ts';

/** An app may be without the package. */
const loadInspector = statelyInspector(() => import('@statelyai/inspect'));

/** Serves a recovery to socket.io clients: the feed of what happens, and commands. */
export function socketAnnex(recovery: Recovery, options: SocketOptions): Annex {
  return new SocketAnnex(recovery, options);
}

class SocketAnnex implements Annex {
  readonly path: string;
  readonly #options: SocketOptions;
  readonly #limits: Limits;
  readonly #engine: Engine;
  readonly #io: Server;
  readonly #pace: Pace;
  /** Connections that began with polling, by id: what they are written to now. */
  readonly #upgraded = new Map<string, Duplex>();
  #closed: Promise<void> | undefined;

  constructor(recovery: Recovery, options: SocketOptions) {
    const { basePath, bodyLimit, access, logger } = options;
    this.path = `${basePath}/socket.io/`;
    this.#options = options;
    const limits = new Limits(options.limits);
    this.#limits = limits;
    this.#engine = new Engine({
      maxHttpBufferSize: bodyLimit,
      pingInterval: PING_INTERVAL,
      pingTimeout: PING_TIMEOUT,
      perMessageDeflate: false,
      httpCompression: false,
      cors: { origin: (origin, done) => done(null, access.allowsOrigin(origin)) },
    });
    this.#io = new Server({ serveClient: false, connectTimeout: CONNECT_TIMEOUT });
    this.#io.bind(this.#engine);
    const progress = new ProgressTeller(recovery);
    const pace = new Pace(options.share, operationsBusy(recovery), systemClock);
    this.#pace = pace;
    const socketOf = (id: string) => this.#upgraded.get(id);
    const parts = { recovery, progress, limits, pace, logger, socketOf };
    this.#io.use(async (socket, next) => {
      const caller = access.callerOf(tokenOf(socket));
      if (caller !== undefined) {
        socket.data.caller = caller;
        next();
        return;
      }
      const counted = await limits.guess(socket.conn.remoteAddress);
      next(refused(counted ? 'UNAUTHORIZED' : 'RATE_LIMITED'));
    });
    this.#io.on('connection', socket => {
      const { caller } = socket.data;
      logger.debug({ caller: caller.id }, 'a client has come');
      const inspector = (wire: ConstructorParameters<typeof InspectorStream>[1]) =>
        new InspectorStream(recovery, wire, loadInspector, logger);
      new Client(socket, caller, parts, inspector);
    });
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    this.#admit(request, response, refusal => {
      if (refusal === undefined) {
        this.#engine.handleRequest(request as Parameters<Engine['handleRequest']>[0], response);
        return;
      }
      const problem = problemOf(new Refusal(refusal));
      response.writeHead(problem.status, { 'content-type': PROBLEM_TYPE, connection: 'close' });
      response.end(JSON.stringify(problem));
    });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    this.#admit(request, socket, refusal => {
      if (refusal !== undefined) {
        refuseUpgrade(socket, refusal);
        return;
      }
      const id = new URLSearchParams(request.url?.split('?')[1]).get('sid');
      if (id !== null) {
        this.#upgraded.set(id, socket);
        socket.once('close', () => this.#upgraded.delete(id));
      }
      this.#engine.handleUpgrade(request as Parameters<Engine['handleUpgrade']>[0], socket, head);
    });
  }

  #admit(
    request: IncomingMessage,
    connection: { destroy(): unknown },
    answer: (refusal: RefusalCode | undefined) => void,
  ): void {
    this.#refusalOf(request)
      .then(answer)
      // What the engine cannot make anything of at all.
      .catch(() => connection.destroy());
  }

  close(): Promise<void> {
    this.#pace.stop();
    this.#closed ??= this.#io.close();
    return this.#closed;
  }

  /** The same questions that each request of the API is asked, before anything of it is read. */
  async #refusalOf({ headers, socket }: IncomingMessage): Promise<RefusalCode | undefined> {
    if (this.#closed !== undefined) return 'NOT_FOUND';
    const refusal = this.#options.access.refusalOf({
      host: headers.host,
      origin: headers.origin,
      site: single(headers['sec-fetch-site']),
      mode: single(headers['sec-fetch-mode']),
      localAddress: socket.localAddress,
    });
    if (refusal !== undefined) return refusal;
    const within = await this.#limits.message(`connections ${socket.remoteAddress}`);
    return within ? undefined : 'RATE_LIMITED';
  }
}

/** What a refused client is told: its `connect_error` has the problem as `data`. */
function refused(code: RefusalCode): Error {
  const refusal = new Refusal(code);
  const problem = problemOf(refusal);
  return Object.assign(refusal, { message: problem.title, data: problem });
}

function tokenOf(socket: Socket): string | undefined {
  const { token } = socket.handshake.auth as { readonly token?: unknown };
  return typeof token === 'string' ? token : undefined;
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;
