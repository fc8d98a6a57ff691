import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { createRecovery, type RecoveryOptions } from '../../../../create-recovery.ts';
import {
  createRecoveryServer,
  type RecoveryServer,
  type RecoveryServerOptions,
} from '../../../../server.ts';
import type { Logger } from '../../../../services/ports.ts';
import type { DurableRecovery } from '../../../../services/recovery.ts';

export const VIEWER = 'viewer-token-0123456789';
export const OPERATOR = 'operator-token-0123456789';
export const TOKENS = { viewer: [VIEWER], operator: [OPERATOR] };

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly body: any;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** JSON; a string is sent as it is. */
  readonly body?: unknown;
}

export interface Served {
  readonly recovery: DurableRecovery;
  readonly server: RecoveryServer;
  /** Every line that the server logged, as JSON. */
  readonly lines: string[];
  ask(path: string, asked?: Asked): Promise<Answered>;
  /** Sends bytes over a plain socket; resolves to what came back when the server has closed it. */
  send(bytes: string): Promise<string>;
}

export interface Serving {
  readonly recovery?: RecoveryOptions;
  readonly server?: RecoveryServerOptions;
}

/** Runs a test with a recovery behind a real server on a free port, and takes both away. */
export function served(serving: Serving, run: (served: Served) => Promise<void>) {
  return async (): Promise<void> => {
    const lines: string[] = [];
    const recovery = await createRecovery({ env: {}, ...serving.recovery });
    const server = await createRecoveryServer(recovery, {
      port: 0,
      logger: loggerTo(lines),
      ...serving.server,
    });
    try {
      await run({
        recovery,
        server,
        lines,
        ask: (path, asked) => ask(server.url + path, asked),
        send: bytes => send(server.url, bytes),
      });
    } finally {
      await server.close();
      await recovery.close();
    }
  };
}

/** Asks with headers that `fetch` would not let through, such as `Host`. */
export async function ask(url: string, asked: Asked = {}): Promise<Answered> {
  const { body, token } = asked;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const sent = request(url, {
    method: asked.method ?? (body === undefined ? 'GET' : 'POST'),
    agent: false,
    headers: {
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...asked.headers,
    },
  });
  sent.end(text);
  const [response] = await once(sent, 'response');
  let received = '';
  for await (const chunk of response.setEncoding('utf8')) received += chunk;
  const json = /json/.test(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode,
    headers: response.headers,
    text: received,
    body: json ? JSON.parse(received) : undefined,
  };
}

export async function send(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('utf8');
  socket.write(bytes);
  let received = '';
  socket.on('data', chunk => {
    received += chunk;
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return received;
}

export const answerWith = (text: string) => (_: unknown, response: ServerResponse) =>
  void response.end(text);

function loggerTo(lines: string[]): Logger {
  const log = (fields: object, message: string) =>
    void lines.push(JSON.stringify({ ...fields, message }));
  return { debug: log, info: log, warn: log, error: log };
}
