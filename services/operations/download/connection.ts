import { AttemptTimeoutError } from '../../errors.ts';
import type { Order } from './input.ts';

/** One request, given up when the operation is, or when the server is silent for too long. */
export class Connection {
  readonly #order: Order;
  readonly #signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #giveUp = () => this.#controller.abort(this.#signal.reason);

  constructor(order: Order, signal: AbortSignal) {
    this.#order = order;
    this.#signal = signal;
    if (signal.aborted) this.#giveUp();
    signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  /** Sends the request; resolves with the response's head. */
  request(headers: Headers): Promise<Response> {
    return this.#patiently(() =>
      fetch(this.#order.url, { headers, redirect: 'follow', signal: this.#controller.signal }),
    );
  }

  /** The body's chunks. Time that the caller takes between two of them is not the server's silence. */
  async *chunks(response: Response): AsyncGenerator<Uint8Array, void> {
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    for (;;) {
      const { done, value } = await this.#patiently(() => reader.read());
      if (done) return;
      yield value;
    }
  }

  /** Frees the socket, whatever of the response is unread. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#giveUp);
    this.#controller.abort();
  }

  async #patiently<T>(wait: () => Promise<T>): Promise<T> {
    const { idleTimeout, url } = this.#order;
    const timer = setTimeout(() => {
      this.#controller.abort(
        new AttemptTimeoutError(`${url} was silent for ${idleTimeout} ms`, {
          details: { limit: 'idleTimeout', idleTimeout },
        }),
      );
    }, idleTimeout);
    try {
      return await wait();
    } catch (error) {
      throw withCauseSaid(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** fetch says "fetch failed" or "terminated", and why only in the cause, which histories and logs do not show. */
function withCauseSaid(error: unknown): unknown {
  if (error instanceof TypeError && error.cause instanceof Error) {
    const { cause } = error;
    const why = cause.message || ('code' in cause ? String(cause.code) : cause.name);
    if (!error.message.includes(why)) error.message += `: ${why}`;
  }
  return error;
}
