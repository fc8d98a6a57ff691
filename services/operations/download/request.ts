import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { type HeaderFields, headerFields } from './headers.ts';
import { routeTo } from './proxies.ts';
import type { RawBody, Room } from './raw-body.ts';
import { type Reading, readingOf } from './reading.ts';

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderFields;
}

/**
 * Takes a chunk of a body. It may keep it until it returns or, where that is a promise, until that resolves; no more is read before. Then the
 * memory may be used again.
 */
export type Sink = (chunk: Buffer) => Promise<unknown> | undefined;

export interface Patience {
  /** Milliseconds. */
  readonly after: number;
  readonly error: () => Error;
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** One GET request. Its bytes are handed on by callbacks: streams in between would cost as much as the transfer itself. */
export class Request {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #patience: Patience;
  readonly #timer: NodeJS.Timeout;
  /** Aborted when it is given up. */
  readonly #given = new AbortController();
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #reading: Reading | undefined;
  #raw: RawBody | undefined;
  #answer: Answer | undefined;
  #head: Waiter<Answer> | undefined;
  #body: Waiter<void> | undefined;
  /** Nobody wants to read at the moment. */
  #paused = false;
  /** The sink still has its chunk. */
  #taking = false;
  /** Everything was handed to the sink, which may still be at it. */
  #atEnd = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(url: string, headers: Readonly<Record<string, string>>, patience: Patience) {
    this.#url = url;
    this.#headers = headers;
    this.#patience = patience;
    this.#timer = setTimeout(() => this.#silent(), patience.after);
    this.#send(true);
  }

  head(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure.error);
      else if (this.#answer !== undefined) resolve(this.#answer);
      else this.#head = { resolve, reject };
    });
  }

  /** @param room where the sink wants the bytes, as far as that can be done */
  body(sink: Sink, room?: Room): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure.error);
        return;
      }
      this.#body = { resolve, reject };
      if (this.#raw === undefined) this.#response?.on('data', chunk => this.#parsed(chunk, sink));
      else this.#raw.takenBy(chunk => this.#take(chunk, sink), room);
      this.#goOn();
    });
  }

  /** Ends it. Whoever waits for something of it hears the reason. */
  close(reason?: unknown): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#fail(reason ?? new DOMException('nobody wants the rest', 'AbortError'));
  }

  #send(mayRepeat: boolean): void {
    try {
      const { request, agent } = routeTo(this.#url);
      const sent = request(this.#url, {
        agent,
        headers: this.#headers,
        abandoned: this.#given.signal,
      } as RequestOptions);
      this.#request = sent;
      sent.on('socket', socket => this.#reads(readingOf(socket)));
      sent.on('response', response => this.#answered(response));
      sent.on('error', error => {
        const code = 'code' in error ? error.code : undefined;
        // An idle connection, which the server closed while this was on its way to it.
        const stale = sent.reusedSocket && code === 'ECONNRESET' && this.#answer === undefined;
        if (stale && mayRepeat && this.#failure === undefined) this.#send(false);
        else this.#broken(error);
      });
      sent.on('close', () => this.#cutOff());
      sent.end();
    } catch (error) {
      this.#fail(error);
    }
  }

  #reads(reading: Reading | undefined): void {
    this.#reading = reading;
    if (reading === undefined) return;
    reading.expect();
    reading.keeps = () => this.#taking || (this.#response?.readableLength ?? 0) > 0;
  }

  #answered(response: IncomingMessage): void {
    this.#response = response;
    this.#raw = this.#reading?.raw;
    // Whoever reads the head decides first whether he wants the body.
    this.#paused = true;
    response.on('end', () => {
      this.#atEnd = true;
      if (!this.#paused) this.#finish();
    });
    response.on('error', error => this.#broken(error));
    const { rawHeaders } = response;
    this.#answer = {
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      headers: headersFrom(rawHeaders, this.#raw?.length),
    };
    this.#head?.resolve(this.#answer);
  }

  #parsed(chunk: Buffer, sink: Sink): void {
    this.#reading?.handedOn(chunk);
    this.#take(chunk, sink);
  }

  #take(chunk: Buffer, sink: Sink): void {
    if (this.#failure !== undefined) return;
    this.#timer.refresh();
    try {
      const wait = sink(chunk);
      if (wait === undefined) {
        if (this.#raw?.left === 0) this.#response?.resume();
        return;
      }
      this.#paused = true;
      this.#taking = true;
      (this.#raw ?? this.#response)?.pause();
      wait.then(
        () => {
          this.#taking = false;
          this.#goOn();
        },
        error => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #goOn(): void {
    if (this.#failure !== undefined) return;
    this.#paused = false;
    this.#timer.refresh();
    if (this.#atEnd) {
      this.#finish();
      return;
    }
    this.#raw?.resume();
    // One that goes past the parser ends for it when all of it was taken and is not needed any more.
    const isBehind = this.#raw !== undefined && (this.#raw.left > 0 || this.#paused);
    if (!isBehind) this.#response?.resume();
  }

  #finish(): void {
    if (this.#failure !== undefined) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#body?.resolve();
  }

  #silent(): void {
    // One that is paused waits for its reader, and not for the server.
    if (this.#paused) this.#timer.refresh();
    else this.#fail(this.#patience.error());
  }

  #broken(error: Error): void {
    // What comes behind a whole body is nobody's.
    if (this.#raw === undefined ? this.#response?.complete === true : this.#raw.coming === 0)
      return;
    if (this.#answer !== undefined && endsAnyhow(this.#answer.headers)) {
      this.#atEnd = true;
      if (!this.#paused) this.#finish();
      this.#request?.destroy();
      return;
    }
    this.#fail(withCauseSaid(error, this.#answer === undefined ? 'fetch failed' : 'terminated'));
  }

  /** Of a body that goes past the parser nobody else says that it has ended too early. */
  #cutOff(): void {
    if (this.#raw !== undefined && this.#raw.coming > 0) {
      this.#broken(Object.assign(new TypeError('aborted'), { code: 'ECONNRESET' }));
    }
  }

  #fail(error: unknown): void {
    clearTimeout(this.#timer);
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = { error };
    this.#head?.reject(error);
    this.#body?.reject(error);
    this.#request?.destroy();
    this.#given.abort();
  }
}

/** @param length of a body that goes past the parser, which was told that there is none */
function headersFrom(raw: readonly string[], length: number | undefined): HeaderFields {
  const pairs = Array.from({ length: raw.length / 2 }, (_, index) => {
    const [name = '', value = ''] = raw.slice(2 * index, 2 * index + 2);
    const isLength = length !== undefined && name.toLowerCase() === 'content-length';
    return [name, isLength ? String(length) : value] as const;
  });
  return headerFields(pairs);
}

/**
 * A body without a length on a connection that was to be closed anyway: its end is the connection's, however that came about. Whoever reads
 * it has to find out whether it was the file's.
 */
function endsAnyhow(headers: HeaderFields): boolean {
  return !headers.has('content-length') && /\bclose\b/i.test(headers.get('connection') ?? '');
}

/** As fetch words it, for those who classify by that; but the cause is said too, since histories and logs show the message only. */
function withCauseSaid(cause: Error, what: 'fetch failed' | 'terminated'): TypeError {
  const why = cause.message || ('code' in cause ? String(cause.code) : cause.name);
  return new TypeError(`${what}: ${why}`, { cause });
}
