import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecovery } from '../../../create-recovery.ts';
import { createRecoveryServer } from '../../../server.ts';
import { HTML, INSPECTOR_HTML, SCRIPT, withPage } from './support/page-folder.ts';
import { answerWith, ask, served, TOKENS, VIEWER } from './support/served.ts';

const test = suite('http page');

const NAVIGATION = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const HASHED = '/assets/index-Bx3k9_aQ.js';
const DEEP = [
  '/operations',
  '/operations/one',
  '/operations/a%2Fb%20%C3%BC',
  '/breakers',
  '/breakers/host%20a',
  '/breakers/a/b',
  '/machines',
  '/machines/operation',
];

/** The HTML as it is served. */
const based = (base: string, html = HTML) =>
  html.replace('<head>', `<head><base href="${base}/"><meta name="base-path" content="${base}">`);

/** Bytes that text would spoil. */
async function bytesOf(url: string, headers: Record<string, string>) {
  const { hostname, port, pathname } = new URL(url);
  const { request } = await import('node:http');
  const sent = request({ hostname, port, path: pathname, headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { headers: response.headers, bytes: Buffer.concat(chunks) };
}

test(
  'is at the root and at its deep links, for people and not for programs',
  withPage(({ page }) =>
    served({ server: { visualizer: page } }, async ({ ask }) => {
      for (const path of ['/', '/index.html']) {
        const { status, headers, text } = await ask(path);
        assert.is(status, 200);
        assert.is(headers['content-type'], 'text/html; charset=utf-8');
        assert.is(text, based(''));
      }
      for (const path of DEEP) {
        const page = await ask(path, { headers: NAVIGATION });
        assert.is(page.status, 200, path);
        assert.is(page.text, based(''), path);
        for (const headers of [
          {},
          { accept: '*/*' },
          { accept: 'application/json' },
          { ...NAVIGATION, 'sec-fetch-mode': 'cors' },
        ]) {
          const { status, body } = await ask(path, { headers });
          assert.is(status, 404, path);
          assert.is(body.code, 'NOT_FOUND', path);
        }
        assert.is((await ask(path, { method: 'POST', headers: NAVIGATION })).status, 404, path);
      }
      const navigated = { 'sec-fetch-mode': 'navigate', accept: '*/*' };
      assert.is((await ask('/breakers', { headers: navigated })).status, 200);
      for (const path of [
        '/odd',
        '/operations/one/two',
        '/assets',
        '/assets/',
        '/api',
        '/api/odd',
      ]) {
        const { status, body } = await ask(path, { headers: NAVIGATION });
        assert.is(status, 404, path);
        assert.is(body.code, 'NOT_FOUND', path);
      }
    })(),
  ),
);

test(
  'keeps hashed files for ever, and has the others asked for again',
  withPage(({ page }) =>
    served({ server: { visualizer: page } }, async ({ ask }) => {
      const cached = async (path: string) => (await ask(path)).headers['cache-control'];
      const forEver = 'public, max-age=31536000, immutable';
      assert.is(await cached(HASHED), forEver);
      assert.is(await cached('/assets/index-Dk20fe1Z.css'), forEver);
      assert.is(await cached('/assets/plain-typeface.css'), 'no-cache');
      assert.is(await cached('/favicon.svg'), 'no-cache');
      assert.is(await cached('/'), 'no-cache');
      for (const path of ['/', HASHED]) {
        const { headers } = await ask(path);
        const { etag = '' } = headers;
        assert.match(etag, /^"[\w-]{22}"$/);
        for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
          const again = await ask(path, { headers: { 'if-none-match': known } });
          assert.is(again.status, 304, known);
          assert.is(again.text, '');
          assert.is(again.headers.etag, etag);
          assert.is(again.headers['cache-control'], headers['cache-control']);
          assert.is(again.headers.vary, 'Accept-Encoding');
        }
        assert.is((await ask(path, { headers: { 'if-none-match': '"other"' } })).status, 200);
      }
    })(),
  ),
);

test(
  'is packed as the client likes it, each encoding with a tag of its own',
  withPage(({ page }) =>
    served({ server: { visualizer: page } }, async ({ server }) => {
      const got = (path: string, accept: string) =>
        bytesOf(server.url + path, { 'accept-encoding': accept });
      const tags = new Set<string>();
      for (const [accept, encoding, unpack] of [
        ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
        ['gzip, deflate', 'gzip', gunzipSync],
        ['br;q=0, GZIP;q=0.5', 'gzip', gunzipSync],
        ['br;q=0.0, deflate', undefined, (bytes: Buffer) => bytes],
        ['', undefined, (bytes: Buffer) => bytes],
      ] as const) {
        const { headers, bytes } = await got(HASHED, accept);
        assert.is(headers['content-encoding'], encoding, accept);
        assert.is(headers.vary, 'Accept-Encoding');
        assert.is(Number(headers['content-length']), bytes.length);
        assert.is(unpack(bytes).toString(), SCRIPT, accept);
        if (encoding !== undefined) assert.ok(bytes.length < SCRIPT.length / 5);
        tags.add(headers.etag);
      }
      assert.is(tags.size, 3);
      const built = await got('/assets/packed-aB3dE6gH.js', 'br');
      assert.is(built.bytes.toString(), 'packed by the build');
      assert.is(built.headers['content-encoding'], 'br');
      const unbuilt = await got('/assets/packed-aB3dE6gH.js', 'gzip');
      assert.is(unbuilt.bytes.toString(), 'the script as it is');
      // What the build packed of the HTML is another one than is served.
      assert.is((await got('/', 'br')).bytes.toString(), based(''));
      const image = await got('/assets/pixel-Zz09Zz09.png', 'br');
      assert.is(image.headers['content-encoding'], undefined);
      assert.is(image.headers['content-type'], 'image/png');
    })(),
  ),
);

test(
  'answers HEAD with everything but the body',
  withPage(({ page }) =>
    served({ server: { visualizer: page } }, async ({ server, send }) => {
      const { host } = new URL(server.url);
      for (const [path, length] of [
        ['/', based('').length],
        [HASHED, SCRIPT.length],
      ] as const) {
        const request = `HEAD ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
        const answer = await send(request);
        assert.match(answer, /^HTTP\/1.1 200 /);
        assert.match(answer, new RegExp(`content-length: ${length}\r\n`));
        assert.match(answer, /etag: "/);
        assert.ok(answer.endsWith('\r\n\r\n'), path);
      }
    })(),
  ),
);

test(
  'lets its browser do nothing but what it needs, and takes no token to be had',
  withPage(({ page }) =>
    served({ server: { visualizer: page, tokens: TOKENS } }, async ({ ask }) => {
      for (const path of ['/', HASHED]) {
        const { status, headers } = await ask(path);
        assert.is(status, 200);
        assert.is(
          headers['content-security-policy'],
          "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';" +
            "connect-src 'self';worker-src 'self';base-uri 'self';form-action 'none';frame-ancestors 'none'",
        );
        assert.is(headers['x-content-type-options'], 'nosniff');
        assert.is(headers['referrer-policy'], 'no-referrer');
        assert.is(headers['access-control-allow-origin'], undefined);
      }
      const api = await ask('/api/session', { token: VIEWER });
      assert.match(api.headers['content-security-policy'] as string, "base-uri 'none'");
      assert.is(api.headers['cache-control'], 'no-store');
      assert.is((await ask('/api/session')).status, 401);
      const foreign = { origin: 'https://evil.example.com' };
      assert.is((await ask('/', { headers: foreign })).status, 403);
      assert.is((await ask('/', { headers: { host: 'evil.example.com' } })).status, 421);
      const linked = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
      assert.is((await ask('/operations/one', { headers: linked })).status, 200);
      const embedded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
      assert.is((await ask(HASHED, { headers: embedded })).status, 403);
    })(),
  ),
);

test(
  'has the inspector beside it: for everyone, and the only one with a frame of Stately’s in it',
  withPage(({ page }) =>
    served(
      { server: { visualizer: page, tokens: TOKENS, basePath: '/tools' } },
      async ({ ask, server }) => {
        assert.match(server.url, /\/tools$/);
        for (const path of ['/inspect', '/inspect.html']) {
          const { status, headers, text } = await ask(path);
          assert.is(status, 200, path);
          assert.is(headers['content-type'], 'text/html; charset=utf-8');
          assert.is(text, based('/tools', INSPECTOR_HTML), path);
          assert.is(
            headers['content-security-policy'],
            "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';" +
              "connect-src 'self';worker-src 'self';base-uri 'self';form-action 'none';frame-ancestors 'none';" +
              'frame-src https://stately.ai',
          );
          // It would keep out a frame that does not ask for it.
          assert.is(headers['cross-origin-embedder-policy'], undefined);
          assert.is(headers['referrer-policy'], 'no-referrer');
        }
        for (const path of ['/', HASHED]) {
          const { headers } = await ask(path);
          assert.not.match(headers['content-security-policy'] as string, 'frame-src');
        }
      },
    )(),
  ),
);

test(
  'may be without an inspector where it is a page of your own',
  withPage(async ({ page }) => {
    await rm(join(page, 'inspect.html'));
    await served({ server: { visualizer: page } }, async ({ ask }) => {
      const { status, body } = await ask('/inspect', { headers: NAVIGATION });
      assert.equal([status, body.code], [404, 'NOT_FOUND']);
      assert.is((await ask('/')).status, 200);
    })();
  }),
);

test(
  'tells caches about both things that its answer depends on',
  withPage(({ page }) =>
    served(
      { server: { visualizer: page, allowedOrigins: ['https://app.example.com'] } },
      async ({ ask }) => {
        const { headers } = await ask(HASHED, { headers: { origin: 'https://app.example.com' } });
        assert.is(headers.vary, 'Origin, Accept-Encoding');
      },
    )(),
  ),
);

test(
  'takes nothing from what strangers may ask of the API',
  withPage(({ page }) =>
    served(
      { server: { visualizer: page, tokens: TOKENS, rateLimit: { requests: 50, anonymous: 5 } } },
      async ({ ask }) => {
        for (let n = 0; n < 50; n++) assert.is((await ask('/')).status, 200);
        assert.is((await ask('/')).status, 429);
        for (let n = 0; n < 5; n++) assert.is((await ask('/api/session')).status, 401);
        assert.is((await ask('/api/session')).status, 429);
        assert.is((await ask('/health/live')).status, 200);
        assert.is((await ask('/api/session', { token: VIEWER })).status, 200);
      },
    )(),
  ),
);

test(
  'is found below the path that it is mounted under',
  withPage(async ({ page }) => {
    const recovery = await createRecovery({ env: {} });
    const http = createServer(answerWith('theirs')).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const basePath = '/tools/x.y~z';
    const mounted = await createRecoveryServer(recovery, {
      server: http,
      basePath,
      visualizer: page,
    });
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    for (const path of ['', '/', '/index.html', ...DEEP]) {
      const { status, text } = await ask(mounted.url + path, { headers: NAVIGATION });
      assert.is(status, 200, path);
      assert.is(text, based(basePath), path);
    }
    assert.is((await ask(mounted.url + HASHED)).text, SCRIPT);
    for (const path of ['/', HASHED, '/operations']) {
      assert.is((await ask(origin + path, { headers: NAVIGATION })).text, 'theirs');
    }
    await mounted.close();
    http.close();
    http.closeAllConnections();
    await once(http, 'close');
    await recovery.close();
  }),
);

test(
  'is not there where it is switched off',
  served({ server: { visualizer: false } }, async ({ ask }) => {
    for (const path of ['/', '/index.html', '/operations']) {
      const { status, body } = await ask(path, { headers: NAVIGATION });
      assert.is(status, 404, path);
      assert.is(body.code, 'NOT_FOUND', path);
    }
    assert.is((await ask('/api/session')).status, 200);
  }),
);

test.run();
