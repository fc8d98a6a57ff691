import type { z } from 'zod';
import { ErrorCode, RecoveryError } from '../../services/errors.ts';
import { problemSchema } from '../../services/protocol.ts';
import type { ServerAddress } from './address.ts';
import { problemError } from './problem-error.ts';
import { tooLate, unreachable } from './unreachable.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Exchange {
  readonly address: ServerAddress;
  readonly token: string | undefined;
  /** Milliseconds in which the whole answer must have come. */
  readonly timeout: number;
  readonly fetch: Fetch;
}

/** How an address is asked. */
export interface Asking {
  /** @default POST with a body, else GET */
  readonly method?: 'GET' | 'POST';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** It only looks, whatever its method is. */
  readonly looks?: boolean;
}

/** What answers is no server of ours, or one of another version: `code` is HTTP_STATUS. */
export class ForeignAnswerError extends RecoveryError {
  constructor(message: string, url: string, status: number) {
    super(ErrorCode.HTTP_STATUS, message, { details: { url, status } });
  }
}

/** What a proxy says when it cannot ask the server behind it. */
const PROXY = [502, 503, 504];
/** Characters of a foreign text that are repeated. */
const MAX_REPEATED = 100;

/**
 * Asks a server and checks what it answers.
 * @throws ServerUnreachableError, ForeignAnswerError, and the errors that problems stand for
 */
export async function ask<Schema extends z.ZodType>(
  exchange: Exchange,
  path: string,
  schema: Schema,
  request: Asking = {},
): Promise<z.infer<Schema>> {
  const { address } = exchange;
  const { status, location, type, text } = await send(exchange, path, request);
  if (status >= 300 && status < 400) {
    const to = location === null ? '' : ` to ${location.slice(0, MAX_REPEATED)}`;
    throw foreign(
      address,
      `it sends elsewhere${to}; give the address of the server itself`,
      status,
    );
  }
  const body = /\bjson\b/.test(type) ? parsed(text) : undefined;
  if (body === undefined) {
    if (PROXY.includes(status)) {
      const message = `a proxy answers at ${address.url} (status ${status}), and the server behind it does not; start that`;
      throw new ForeignAnswerError(message, address.url, status);
    }
    const what = type === '' ? 'without a type' : `of ${type.split(';', 1)[0]}`;
    throw foreign(address, `it gave an answer ${what} with status ${status}`, status);
  }
  if (status >= 400) {
    const problem = problemSchema.safeParse(body);
    if (problem.success) {
      throw problemError(address.url, problem.data, exchange.token !== undefined);
    }
    throw foreign(address, `it gave an answer with status ${status} that is none of ours`, status);
  }
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  const [issue] = answer.error.issues;
  const where = issue?.path.join('/') ?? '';
  throw new ForeignAnswerError(
    `${address.url} gives answers that this program does not understand (/${where}: ${issue?.message}); is one of the two of an older version?`,
    address.url,
    status,
  );
}

async function send(
  { address, token, timeout, fetch }: Exchange,
  path: string,
  { body, method = body === undefined ? 'GET' : 'POST', looks = method === 'GET' }: Asking,
) {
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(`${address.url}${path}`, {
      method,
      // A redirection would lose the body of a POST, and end at a page for people.
      redirect: 'manual',
      signal,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status, headers } = response;
    const type = headers.get('content-type') ?? '';
    return { status, type, location: headers.get('location'), text: await response.text() };
  } catch (error) {
    if (signal.aborted) throw tooLate(address, timeout, !looks);
    throw unreachable(address, error);
  }
}

function foreign({ url }: ServerAddress, what: string, status: number): ForeignAnswerError {
  return new ForeignAnswerError(
    `what answers at ${url} is no server of xstate-recovery: ${what}; correct the address`,
    url,
    status,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
