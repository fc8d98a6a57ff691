import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultyServer, sampleBytes } from '../../../adapters/cli/tour/faulty-server.ts';
import { AttemptTimeoutError, ValidationError } from '../../../services/errors.ts';
import { headerFields } from '../../../services/operations/download/headers.ts';
import { nextHop } from '../../../services/operations/download/redirects.ts';
import { download, TransferError } from '../../../services/operations/download.ts';
import { recordingContext } from '../../support/operation-context.ts';
import { startProxy, withProxyEnv } from '../../support/proxy.ts';
import { rejects } from '../../support/rejects.ts';
import { sha256Of, withPlace } from './download-fixture.ts';

export const suiteTimeout = 60_000;
const content = sampleBytes(100_000);
const sha256 = sha256Of(content);
const headers = {
  Authorization: 'Bearer x',
  Cookie: 'a=b',
  'X-Api-Key': 'key',
  'User-Agent': 'mine',
};
const test = suite('download, on its way');

test(
  'keeps keys and cookies at the origin that they were given for',
  withPlace(async ({ server, file }) => {
    const other = await FaultyServer.listen();
    try {
      const there = other.serve('/file', { content });
      const away = { kind: 'redirect', to: there } as const;
      server.serve('/second', { content, faultFor: () => away });
      const near = { kind: 'redirect', to: '/second' } as const;
      const url = server.serve('/first', { content, faultFor: () => near });

      const result = await download({ url, file, headers }, recordingContext());

      assert.is(result.sha256, sha256);
      const [first, second] = server.requests;
      for (const request of [first, second]) {
        assert.is(request?.headers.authorization, 'Bearer x');
        assert.is(request?.headers.cookie, 'a=b');
        assert.is(request?.headers['x-api-key'], 'key');
      }
      const [last] = other.requests;
      assert.is(last?.headers.authorization, undefined);
      assert.is(last?.headers.cookie, undefined);
      assert.is(last?.headers['x-api-key'], undefined);
      assert.is(last?.headers['user-agent'], 'mine', 'what is harmless goes along');
    } finally {
      await other.close();
    }
  }),
);

test(
  'gives up on a loop of redirects, and on one that leads out of the web',
  withPlace(async ({ server, file }) => {
    const loop = { kind: 'redirect', to: '/loop' } as const;
    const url = server.serve('/loop', { content, faultFor: () => loop });
    await rejects(download({ url, file }, recordingContext()), TransferError);
    assert.is(server.requests.length, 11);

    for (const to of [
      'file:///etc/passwd',
      'ftp://host/x',
      'http://me:pw@127.0.0.1/x',
      'http://:0/',
    ]) {
      const out = server.serve('/out', { content, faultFor: () => ({ kind: 'redirect', to }) });
      await rejects(download({ url: out, file }, recordingContext()), ValidationError);
    }
  }),
);

test('refuses a redirect from https to http, and follows one to https', () => {
  const hop = {
    url: 'https://a.test/x',
    headers: headerFields(Object.entries(headers)),
    redirects: 0,
  };
  assert.throws(() => nextHop(hop, 302, 'http://a.test/x'), /redirects to plain http/);
  assert.is(nextHop(hop, 307, '/y?z=1')?.url, 'https://a.test/y?z=1');
  const plain = { ...hop, url: 'http://a.test/x' };
  const up = nextHop(plain, 301, 'https://a.test/x');
  assert.is(up?.url, 'https://a.test/x');
  assert.is(up?.headers.get('authorization'), undefined, 'another scheme is another origin');
  assert.is(nextHop(hop, 304, '/y'), undefined);
  assert.is(nextHop(hop, 302, undefined), undefined);
});

test(
  'goes through the proxy of the environment, but not to hosts that it leaves out',
  withPlace(async ({ server, file }) => {
    const proxy = await startProxy();
    const url = server.serve('/file', { content });
    const { host, hostname } = new URL(url);
    const through = async (env: Readonly<Record<string, string>>): Promise<string[]> => {
      proxy.seen.length = 0;
      await withProxyEnv(env, async () => {
        const result = await download({ url, file }, recordingContext());
        assert.is(result.sha256, sha256);
      });
      return [...proxy.seen];
    };
    try {
      const asked = [`GET http://${host}/file`];
      const withPassword = proxy.url.replace('//', '//me:pw@');
      assert.equal(await through({ HTTP_PROXY: proxy.url }), asked);
      assert.equal(await through({ http_proxy: withPassword }), asked);
      const word = `Basic ${Buffer.from('me:pw').toString('base64')}`;
      assert.is(proxy.headers.at(-1)?.['proxy-authorization'], word);
      assert.is(server.requests.at(-1)?.headers['proxy-authorization'], undefined);
      assert.equal(await through({ ALL_PROXY: proxy.url }), asked);
      assert.equal(await through({ HTTPS_PROXY: proxy.url }), []);
      assert.equal(await through({ HTTP_PROXY: proxy.url, NO_PROXY: `x.test,${hostname}` }), []);
      assert.equal(await through({ HTTP_PROXY: proxy.url, no_proxy: '*' }), []);
      assert.equal(await through({}), []);
    } finally {
      await proxy.close();
    }
  }),
);

test(
  'asks an https server through a tunnel, and says what went wrong in it',
  withPlace(async ({ server, file }) => {
    const proxy = await startProxy();
    const { port } = new URL(server.url);
    try {
      await withProxyEnv({ HTTPS_PROXY: proxy.url }, async () => {
        const url = `https://127.0.0.1:${port}/file`;
        // What is behind the tunnel does not speak TLS.
        const error = await rejects(download({ url, file }, recordingContext()), TypeError);
        assert.match(error.message, /^fetch failed: /);
      });
      assert.equal(proxy.seen, [`CONNECT 127.0.0.1:${port}`]);
    } finally {
      await proxy.close();
    }
  }),
);

test(
  'leaves a proxy that does not answer, and keeps no connection to it',
  withPlace(async ({ file }) => {
    const sockets: Socket[] = [];
    const proxy = createServer(socket => sockets.push(socket.resume()));
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const { port } = proxy.address() as AddressInfo;
    try {
      await withProxyEnv({ HTTPS_PROXY: `http://127.0.0.1:${port}` }, async () => {
        const url = 'https://127.0.0.1:1/file';
        const asked = download({ url, file, idleTimeout: 100 }, recordingContext());
        await rejects(asked, AttemptTimeoutError);
      });
      const [socket] = sockets;
      if (socket?.closed === false) await once(socket, 'close');
      assert.is(sockets.length, 1);
    } finally {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    }
  }),
);

test(
  'follows a redirect whose own words are cut off',
  withPlace(async ({ server, file }) => {
    const to = server.serve('/file', { content });
    const head = `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 400\r\n\r\n`;
    const cutting = createServer(socket => socket.once('data', () => socket.end(`${head}cut`)));
    await once(cutting.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(cutting.address() as AddressInfo).port}/`;
      const result = await download({ url, file }, recordingContext());
      assert.is(result.sha256, sha256);
    } finally {
      cutting.close();
    }
  }),
);

test(
  'sends a request again where an idle connection had been closed meanwhile',
  withPlace(async ({ server, folder }) => {
    const url = server.serve('/file', { content });
    const input = { url, file: `${folder}/a` };
    await download(input, recordingContext());
    server.serve('/file', { content, faults: [{ kind: 'drop' }] });

    const result = await download({ url, file: `${folder}/b` }, recordingContext());

    assert.is(sha256Of(await readFile(result.file)), sha256);
    assert.is(server.requests.length, 3);
    server.dropIdle();
    server.serve('/file', { content, faults: [{ kind: 'drop' }, { kind: 'drop' }] });
    await rejects(download(input, recordingContext()), TypeError);
    assert.is(server.requests.length, 4, 'a new connection that breaks is a failure');
  }),
);

test.run();
