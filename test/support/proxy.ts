import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface TestProxy {
  readonly url: string;
  /** `GET http://host/path` of forwarded requests, `CONNECT host:port` of tunnels; oldest first. */
  readonly seen: string[];
  /** What each was asked with. */
  readonly headers: IncomingMessage['headers'][];
  close(): Promise<void>;
}

/** A small forward proxy on a free port of the loopback interface: forwards requests with a whole URL, and opens tunnels. */
export async function startProxy(): Promise<TestProxy> {
  const seen: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((asked, answer) => {
    seen.push(`${asked.method} ${asked.url}`);
    headers.push(asked.headers);
    const { 'proxy-authorization': _, ...rest } = asked.headers;
    const forwarded = request(
      asked.url ?? '',
      { method: asked.method, headers: rest },
      response => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    forwarded.on('error', () => answer.destroy());
    forwarded.end();
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('connect', (asked, client) => {
    seen.push(`CONNECT ${asked.url}`);
    headers.push(asked.headers);
    const { hostname, port } = new URL(`http://${asked.url}`);
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    headers,
    async close() {
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const PROXY_NAMES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];

/** Runs something under other proxies of the environment, and puts the environment back. */
export async function withProxyEnv(
  env: Readonly<Record<string, string>>,
  run: () => Promise<void>,
): Promise<void> {
  const names = PROXY_NAMES.flatMap(name => [name, name.toUpperCase()]);
  const before = names.map(name => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, env);
  try {
    await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
