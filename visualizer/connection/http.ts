import type {
  ArrowCount,
  Breaker,
  BreakerUpdate,
  Commanded,
  OperationDetails,
  Overview,
  Session,
  Summary,
  SummaryPage,
} from '../data/wire.ts';
import { isProblem, ProblemError, UNREACHABLE } from './problem-error.ts';

export interface HttpOptions {
  /** Where every address begins: `''` or `/recovery`. */
  readonly base: string;
  readonly token: () => string | null;
  /** The server wants a token, or another one. */
  readonly onUnauthorised: () => void;
  /** @default the browser's */
  readonly fetch?: typeof fetch;
}

export interface Search {
  readonly text?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/** The server's HTTP interface. Every method throws a `ProblemError` where it does not get what it asks for. */
export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  session = (signal?: AbortSignal) => this.#get<Session>('/api/session', signal);
  overview = (signal?: AbortSignal) => this.#get<Overview>('/api/overview', signal);
  machines = (signal?: AbortSignal) =>
    this.#get<Readonly<Record<string, unknown>>>('/api/machines', signal);

  arrows = async (signal?: AbortSignal): Promise<readonly ArrowCount[]> => {
    const { arrows } = await this.#get<{ arrows: ArrowCount[] }>('/api/machines/arrows', signal);
    return arrows;
  };

  breakers = async (signal?: AbortSignal): Promise<readonly Breaker[]> => {
    const { breakers } = await this.#get<{ breakers: Breaker[] }>('/api/breakers', signal);
    return breakers;
  };

  /** What the breaker of a key went through, newest first. */
  async breakerHistory(key: string, signal?: AbortSignal): Promise<readonly BreakerUpdate[]> {
    const { transitions } = await this.#post<{ transitions: BreakerUpdate[] }>(
      '/api/breakers/history',
      { key, limit: HISTORY },
      signal,
    );
    return transitions;
  }

  operation = (id: string, signal?: AbortSignal) =>
    this.#get<OperationDetails>(`/api/operations/${encodeURIComponent(id)}`, signal);

  operations = (cursor: string | undefined, signal?: AbortSignal) => {
    const at = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    return this.#get<SummaryPage>(`/api/operations?fields=summary&limit=${PAGE}${at}`, signal);
  };

  /** The operations that are parts of one, newest first. */
  children = (id: string, signal?: AbortSignal) =>
    this.#get<SummaryPage>(
      `/api/operations?fields=summary&limit=${CHILDREN}&parent_id=${encodeURIComponent(id)}`,
      signal,
    );

  search = (search: Search, signal?: AbortSignal) =>
    this.#post<SummaryPage>(
      '/api/operations/search',
      { limit: PAGE, fields: 'summary', ...search },
      signal,
    );

  /** A retry is answered with the operation alone, by older servers: it has changed then. */
  async command(
    id: string,
    name: 'cancel' | 'retry' | 'pause' | 'continue',
    body?: object,
  ): Promise<Commanded> {
    const answer = await this.#post<Commanded | Summary>(
      `/api/operations/${encodeURIComponent(id)}/${name}`,
      body,
    );
    return 'operation' in answer ? answer : { changed: true, operation: answer };
  }

  forceBreaker = (order: {
    readonly key: string;
    readonly to: string;
    readonly ttl?: number;
    readonly reason?: string;
  }) => this.#post<Breaker>('/api/breakers/force', order);

  resetBreaker = (order: { readonly key: string; readonly reason?: string }) =>
    this.#post<Breaker>('/api/breakers/reset', order);

  #get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    return this.#ask(path, { method: 'GET' }, signal);
  }

  #post<Answer>(path: string, body?: object, signal?: AbortSignal): Promise<Answer> {
    const init =
      body === undefined
        ? { method: 'POST' }
        : {
            method: 'POST',
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json' },
          };
    return this.#ask(path, init, signal);
  }

  async #ask<Answer>(
    path: string,
    init: { method: string; body?: string; headers?: Record<string, string> },
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { base, token, onUnauthorised, fetch: ask = fetch } = this.#options;
    const secret = token();
    const headers = {
      accept: 'application/json',
      ...init.headers,
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
    };
    const response = await ask(`${base}${path}`, {
      ...init,
      headers,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new ProblemError(UNREACHABLE);
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok && body !== undefined) return body as Answer;
    if (response.status === 401) onUnauthorised();
    throw new ProblemError(isProblem(body) ? body : unreadable(response.status));
  }
}

const PAGE = 1_000;
const HISTORY = 200;
const CHILDREN = 200;

const unreadable = (status: number) => ({
  type: 'about:blank',
  title: 'The server gave an answer that cannot be read',
  status: status >= 400 ? status : 502,
  code: 'UNREADABLE',
  detail: `HTTP status ${status}`,
});
