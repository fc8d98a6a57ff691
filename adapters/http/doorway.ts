import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { urlOf } from './addresses.ts';
import { type Annex, refuseUpgrade } from './annex.ts';
import type { ResolvedServerOptions } from './options.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Milliseconds of silence after which a connection is closed. */
const IDLE_TIMEOUT = 60_000;
const MAX_HEADER_BYTES = 16_384;

/** The http server that requests come through: one of our own, or a place on somebody else's. */
export class Doorway {
  readonly server: Server;
  readonly #own: boolean;
  readonly #basePath: string;
  readonly #handler: Handler;
  readonly #annex: Annex;
  readonly #underWay = new Set<ServerResponse>();
  /** Who had the requests of somebody else's server before. */
  #others: readonly Handler[] = [];
  #otherUpgrades: readonly UpgradeHandler[] = [];
  #idle: (() => void) | undefined;
  #closing = false;

  constructor(options: ResolvedServerOptions, handler: Handler, annex: Annex) {
    this.#own = options.server === undefined;
    this.server = options.server ?? ownServer(options);
    this.#basePath = options.basePath;
    this.#handler = handler;
    this.#annex = annex;
    if (options.server !== undefined) {
      this.#others = options.server.listeners('request') as Handler[];
      options.server.removeAllListeners('request');
      this.#otherUpgrades = options.server.listeners('upgrade') as UpgradeHandler[];
      options.server.removeAllListeners('upgrade');
    }
    this.server.on('request', this.#arrived);
    this.server.on('upgrade', this.#upgraded);
  }

  /** Where it is reached. On somebody else's server that does not listen yet: the path alone. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') return this.#basePath;
    return `${urlOf(address.address, address.port)}${this.#basePath}`;
  }

  /** Begins to listen. A server of somebody else's is left alone. */
  async open(host: string, port: number): Promise<AddressInfo | undefined> {
    if (!this.#own) return undefined;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host, port }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.server.address() as AddressInfo;
  }

  /** Takes no more requests, gives those under way some milliseconds, and ends their connections then. */
  async close(timeout: number): Promise<void> {
    this.#closing = true;
    const closed = this.#own ? this.#stopListening() : this.#stepAside();
    await this.#annex.close();
    await this.#settled(timeout);
    for (const response of this.#underWay) response.destroy();
    if (this.#own) this.server.closeAllConnections();
    await closed;
  }

  readonly #arrived: Handler = (request, response) => {
    if (!this.#isOurs(request.url ?? '')) {
      for (const other of this.#others) other.call(this.server, request, response);
      return;
    }
    if (this.#isAnnexed(request)) {
      this.#annex.request(request, response);
      return;
    }
    this.#underWay.add(response);
    response.once('close', () => {
      this.#underWay.delete(response);
      if (this.#underWay.size === 0) this.#idle?.();
    });
    if (this.#closing) response.setHeader('connection', 'close');
    this.#handler(request, response);
  };

  readonly #upgraded: UpgradeHandler = (request, socket, head) => {
    if (this.#isAnnexed(request)) {
      this.#annex.upgrade(request, socket, head);
      return;
    }
    if (this.#isOurs(request.url ?? '')) {
      refuseUpgrade(socket, 'NOT_FOUND');
      return;
    }
    for (const other of this.#otherUpgrades) other.call(this.server, request, socket, head);
  };

  #isAnnexed({ url = '' }: IncomingMessage): boolean {
    return pathOf(url).startsWith(this.#annex.path);
  }

  #isOurs(url: string): boolean {
    if (this.#own) return true;
    const path = pathOf(url);
    return path === this.#basePath || path.startsWith(`${this.#basePath}/`);
  }

  #settled(timeout: number): Promise<void> {
    if (this.#underWay.size === 0) return Promise.resolve();
    return new Promise(resolve => {
      const timer = setTimeout(resolve, timeout);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #stopListening(): Promise<void> {
    if (!this.server.listening) return;
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }

  async #stepAside(): Promise<void> {
    this.server.off('request', this.#arrived);
    for (const other of this.#others) this.server.on('request', other);
    this.server.off('upgrade', this.#upgraded);
    for (const other of this.#otherUpgrades) this.server.on('upgrade', other);
  }
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';

function ownServer(options: ResolvedServerOptions): Server {
  const { headersTimeout, requestTimeout } = options;
  const server = createServer({
    headersTimeout: Math.min(headersTimeout, requestTimeout),
    requestTimeout,
    // A request that is fed byte by byte is noticed at the next check.
    connectionsCheckingInterval: Math.min(1_000, headersTimeout, requestTimeout),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  server.maxConnections = options.maxConnections;
  server.setTimeout(IDLE_TIMEOUT);
  return server;
}
