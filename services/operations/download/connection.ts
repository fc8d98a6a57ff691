import { AttemptTimeoutError } from '../../errors.ts';
import { type Digests, digestsOf, mergedDigests } from './digests.ts';
import type { Order } from './input.ts';
import type { Room } from './raw-body.ts';
import { type Hop, nextHop } from './redirects.ts';
import { type Answer, Request, type Sink } from './request.ts';

/** A response's head, after all redirects. */
export interface Head extends Answer {
  /** Where it came from in the end. */
  readonly url: string;
  /** What the responses of the chain say of the whole file's content. */
  readonly digests: Digests;
}

/** A redirect's own body is read, so that its connection can be used again, where it is not longer than this. */
const SMALL = 64 * 1024;

/** One request with its redirects, given up when the operation is, or when the server is silent for too long. */
export class Connection {
  readonly #order: Order;
  readonly #signal: AbortSignal;
  #request: Request | undefined;

  constructor(order: Order, signal: AbortSignal) {
    this.#order = order;
    this.#signal = signal;
    signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  /** Sends the request; resolves with the response's head. `own` are headers of the transfer, which go along with redirects. */
  async request(own: Readonly<Record<string, string>>): Promise<Head> {
    let hop: Hop = { url: this.#order.url, headers: this.#order.headers, redirects: 0 };
    let digests: Digests = {};
    for (;;) {
      this.#signal.throwIfAborted();
      const request = new Request(hop.url, headersOf(hop, own), this.#silence(hop.url));
      this.#request = request;
      const answer = await request.head();
      digests = mergedDigests(digests, digestsOf(answer.headers, answer.status));
      const next = nextHop(hop, answer.status, answer.headers.get('location'));
      if (next === undefined) return { ...answer, url: hop.url, digests };
      await leave(request, answer);
      hop = next;
    }
  }

  /**
   * Reads the body to its end. Where `sink` returns a promise, no more is read before it resolves; time that it takes is not the server's
   * silence.
   * @param room where the sink wants the bytes, as far as that can be done
   */
  async receive(sink: Sink, room?: Room): Promise<void> {
    await this.#request?.body(sink, room);
  }

  /** Frees the socket, whatever of the response is unread. */
  close(reason?: unknown): void {
    this.#signal.removeEventListener('abort', this.#giveUp);
    this.#request?.close(reason);
  }

  readonly #giveUp = () => this.#request?.close(this.#signal.reason);

  #silence(url: string) {
    const { idleTimeout } = this.#order;
    const error = () =>
      new AttemptTimeoutError(`${url} was silent for ${idleTimeout} ms`, {
        details: { limit: 'idleTimeout', idleTimeout },
      });
    return { after: idleTimeout, error };
  }
}

function headersOf(hop: Hop, own: Readonly<Record<string, string>>): Record<string, string> {
  // Compressed bytes have other lengths and ranges than the file.
  const usual = { accept: '*/*', 'user-agent': 'xstate-recovery' };
  return { ...usual, ...Object.fromEntries(hop.headers), 'accept-encoding': 'identity', ...own };
}

async function leave(request: Request, { headers }: Answer): Promise<void> {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  // Where it leads is known, whatever becomes of the words beside that.
  if (length <= SMALL) await request.body(() => undefined).catch(() => undefined);
  else request.close();
}
