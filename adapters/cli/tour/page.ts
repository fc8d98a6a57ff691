import { randomBytes } from 'node:crypto';
import type { Recovery } from '../../../services/ports.ts';
import type { CliDependencies } from '../dependencies.ts';

const HOST = '127.0.0.1';

/** The web page of the tour's store, at the same address each time that the store is opened. */
export class TourPage {
  readonly #serve: CliDependencies['serve'];
  /** For whoever reads the link, and nobody else on this machine. */
  readonly #token = randomBytes(24).toString('base64url');
  /** Any free one at first. */
  #port = 0;
  #server: { readonly url: string; close(): Promise<void> } | undefined;

  constructor(serve: CliDependencies['serve']) {
    this.#serve = serve;
  }

  /** What a browser is given. */
  get link(): string {
    return `http://${HOST}:${this.#port}/#token=${this.#token}`;
  }

  async open(recovery: Recovery): Promise<void> {
    const tokens = { viewer: [], operator: [this.#token] };
    const request = { host: HOST, port: this.#port, allowedHosts: [], tokens };
    this.#server = await this.#serve(recovery, request);
    this.#port = Number(new URL(this.#server.url).port);
  }

  /** How many operations the page is told of; undefined where there is no page. */
  async operations(): Promise<number | undefined> {
    if (this.#server === undefined) return undefined;
    const { url } = this.#server;
    const page = await fetch(url);
    const html = page.ok && page.headers.get('content-type')?.startsWith('text/html') === true;
    const headers = { authorization: `Bearer ${this.#token}` };
    const overview = await (await fetch(`${url}/api/overview`, { headers })).json();
    const { counts } = overview as { readonly counts: Readonly<Record<string, number>> };
    const all = Object.values(counts);
    return html ? all.reduce((sum, count) => sum + count, 0) : undefined;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }
}
