import { once } from 'node:events';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { many } from '../../support/extent.ts';
import { OPERATOR, served, TOKENS, VIEWER } from './support/served.ts';

export const suiteTimeout = 120_000;
const test = suite('http attacks');

const FUZZED = many(10_000, 500);
const COMMANDS = [
  '/api/operations',
  '/api/operations/search',
  '/api/operations/one/cancel',
  '/api/breakers/force',
  '/api/breakers/reset',
];

const brokenMetrics = {
  contentType: 'text/plain',
  read: () => Promise.reject(new RangeError('secret-metrics')),
};

/** Near misses as well as anything at all. */
const payload = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.string({ unit: 'binary' }),
  fc
    .dictionary(
      fc.constantFrom(
        ...['name', 'input', 'id', 'metadata', 'states', 'text', 'limit', 'cursor', 'key', 'to'],
        ...['ttl', 'reason', 'by', '__proto__', 'constructor', 'prototype', 'toString', ''],
      ),
      fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.constantFrom('double', 'isolated', 'a'.repeat(2_000), -1, 1e300, [], {}, ['failed']),
      ),
      { maxKeys: 4 },
    )
    .map(entries => JSON.stringify(entries)),
);

test(
  `answers ${FUZZED} malformed bodies with a problem, and never with a fault of its own`,
  served(
    { server: { rateLimit: { requests: 1_000_000 }, headersTimeout: 60_000 } },
    async ({ recovery, server, lines }) => {
      recovery.operation('double', async (n: number) => n * 2);
      const seen = new Map<number, number>();
      const bodies = fc.sample(fc.tuple(fc.constantFrom(...COMMANDS), payload), {
        numRuns: FUZZED,
        seed: 7,
      });
      const batch = 20;
      for (let at = 0; at < bodies.length; at += batch) {
        const sent = bodies.slice(at, at + batch).map(async ([path, body]) => {
          const headers = { 'content-type': 'application/json' };
          const response = await fetch(server.url + path, { method: 'POST', headers, body });
          const text = await response.text();
          seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
          if (response.status < 400) return;
          assert.is(response.headers.get('content-type'), 'application/problem+json', body);
          assert.ok(response.status < 500, `${response.status} for ${path} ${body}`);
          assert.is((JSON.parse(text) as { status: number }).status, response.status);
        });
        await Promise.all(sent);
      }
      assert.ok((seen.get(400) ?? 0) > FUZZED / 2, JSON.stringify([...seen]));
      assert.is(Object.hasOwn(Object.prototype, 'x'), false);
      assert.is(lines.filter(line => line.includes('went wrong')).join('\n'), '');
      assert.ok((await fetch(`${server.url}/health/live`)).ok);
    },
  ),
);

test(
  'refuses keys that would reach a prototype',
  served({}, async ({ recovery, ask }) => {
    recovery.operation('show', async (input: unknown) => JSON.stringify(input));
    for (const input of [
      '{"__proto__":{"polluted":1}}',
      '{"\\u005f_proto__":{"polluted":1}}',
      '{"a":[{"__proto__":null}]}',
      '{"constructor":{"prototype":{"polluted":1}}}',
    ]) {
      const { status } = await ask('/api/operations', {
        body: `{"function_name":"show","input":${input}}`,
      });
      assert.is(status, 400, input);
      const whole = await ask('/api/operations', { body: input });
      assert.is(whole.status, 400, input);
    }
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      assert.is(
        (await ask('/api/operations', { body: { function_name: name } })).status,
        404,
        name,
      );
      assert.is((await ask(`/api/operations?${name}=1`)).status, 400, name);
      assert.is((await ask(`/api/operations/${name}`)).status, 404, name);
      assert.is((await ask('/api/breakers/reset', { body: { key: name } })).status, 404, name);
    }
    assert.is(({} as { polluted?: number }).polluted, undefined);
    assert.is((await recovery.list()).items.length, 0);
  }),
);

test(
  'refuses bodies that are too large, nested too deep, or not JSON',
  served({ server: { bodyLimit: 50_000 } }, async ({ recovery, ask, send, server }) => {
    recovery.operation('show', async (input: unknown) => JSON.stringify(input));
    const large = await ask('/api/operations', {
      body: { function_name: 'show', input: 'x'.repeat(60_000) },
    });
    assert.is(large.status, 413);
    assert.is(large.body.code, 'PAYLOAD_TOO_LARGE');
    const { host } = new URL(server.url);
    const chunked = await send(
      `POST /api/operations HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${'2710\r\n'.concat('x'.repeat(10_000), '\r\n').repeat(6)}0\r\n\r\n`,
    );
    assert.match(chunked, /^HTTP\/1.1 413/);
    const deep = `{"function_name":"show","input":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const nested = await ask('/api/operations', { body: deep });
    assert.is(nested.status, 400);
    assert.match(nested.body.errors?.[0].pointer, /^\/body\/input\/0/);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const headers = { 'content-type': type };
      const { status } = await ask('/api/operations', {
        body: '{"function_name":"show"}',
        headers,
      });
      assert.is(status, 415, type);
    }
    assert.is((await recovery.list()).items.length, 0);
  }),
);

test(
  'finds no files behind its addresses',
  served({}, async ({ send, server }) => {
    const { host } = new URL(server.url);
    for (const path of [
      '/../../../../etc/passwd',
      '/api/../../../etc/passwd',
      '/api/operations/../../../../etc/passwd',
      '/api/operations/..%2f..%2f..%2fetc%2fpasswd',
      '/api/operations/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '/health/live/..;/../package.json',
      '/%5c..%5c..%5cpackage.json',
      '//etc/passwd',
      '/package.json%00',
      'http://evil.example.com/etc/passwd',
    ]) {
      const answer = await send(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1.1 (404|400|421) /, path);
      assert.not.match(answer, /root:|"dependencies"/, path);
    }
  }),
);

test(
  'takes no request without a name, with two lengths, or with a head without end',
  served({}, async ({ send, server }) => {
    const { host } = new URL(server.url);
    assert.match(await send('GET /health/live HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 400/);
    assert.match(
      await send('GET /health/live HTTP/1.0\r\nConnection: close\r\n\r\n'),
      /^HTTP\/1.1 421/,
    );
    const head = `POST /api/operations HTTP/1.1\r\nHost: ${host}\r\n`;
    const smuggled = `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    assert.match(await send(smuggled), /^HTTP\/1.1 400/);
    assert.match(await send(`${head}X: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1.1 431/);
  }),
);

test(
  'lets go of clients that send a request byte by byte, and serves others meanwhile',
  served({ server: { headersTimeout: 300, requestTimeout: 600 } }, async ({ server, ask }) => {
    const { hostname, port, host } = new URL(server.url);
    const whole = [
      `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `,
      `POST /api/operations HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    ];
    const slow = Array.from({ length: 50 }, async (_, index) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(whole[index % 2] as string);
      const drip = setInterval(() => socket.write('x'), 50);
      socket.resume();
      await once(socket, 'close');
      clearInterval(drip);
    });
    assert.is((await ask('/health/live')).status, 200);
    await Promise.all(slow);
    assert.is((await ask('/health/live')).status, 200);
  }),
);

test(
  'counts the requests of each caller, and guesses of tokens by themselves',
  served(
    { server: { tokens: TOKENS, rateLimit: { requests: 30, anonymous: 10 } } },
    async ({ ask, recovery }) => {
      recovery.operation('double', async (n: number) => n * 2);
      const flood = async (count: number, token: string | undefined) => {
        const statuses: number[] = [];
        for (let i = 0; i < count; i++) {
          const asked = { body: { function_name: 'double', input: i }, ...(token && { token }) };
          const { status, headers, body } = await ask('/api/operations', asked);
          statuses.push(status);
          if (status !== 429) continue;
          assert.is(body.code, 'RATE_LIMITED');
          assert.ok(Number(headers['retry-after']) > 0);
        }
        return statuses;
      };
      const guesses = await flood(15, 'wrong-token-0123456789');
      assert.equal(guesses, [...Array(10).fill(401), ...Array(5).fill(429)]);
      const commands = await flood(35, OPERATOR);
      assert.equal(commands, [...Array(30).fill(202), ...Array(5).fill(429)]);
      assert.is((await recovery.list({ limit: 100 })).items.length, 30);
      // Neither takes from the others.
      assert.is((await ask('/api/operations', { token: VIEWER })).status, 200);
      assert.is((await ask('/health/live')).status, 200);
      const unknown = await Promise.all(
        Array.from({ length: 35 }, () => ask('/odd', { token: VIEWER })),
      );
      assert.ok(unknown.some(({ status }) => status === 429));
    },
  ),
);

test(
  'writes nothing of inputs, outputs, errors and tokens into its log, and gives strict headers',
  served(
    { server: { tokens: TOKENS, metrics: brokenMetrics } },
    async ({ recovery, ask, lines }) => {
      recovery.operation(
        'show',
        async (input: unknown) => {
          throw new TypeError(`cannot show ${JSON.stringify(input)}`);
        },
        { maxRetries: 0 },
      );
      const token = OPERATOR;
      const broken = await ask('/metrics', { token });
      assert.is(broken.status, 500);
      assert.not.match(broken.text, 'secret');
      await ask('/api/operations', {
        body: { function_name: 'show', input: { key: 'secret-input' } },
        token,
      });
      await ask('/api/operations', { body: { function_name: 'show', odd: 'secret-odd' }, token });
      await ask('/api/operations?names=secret-name&odd=secret-query', { token });
      await ask('/api/operations/secret-path', { token });
      const { headers } = await ask('/secret-address', { token: 'secret-wrong-token-0' });
      assert.ok(lines.length >= 6);
      assert.ok(lines.some(line => line.includes('RangeError')));
      assert.not.match(lines.join('\n'), /secret|-token-/);
      assert.match(headers['content-security-policy'] as string, "default-src 'none'");
      assert.match(headers['content-security-policy'] as string, "frame-ancestors 'none'");
      assert.is(headers['x-content-type-options'], 'nosniff');
      assert.is(headers['cache-control'], 'no-store');
      assert.is(headers['x-powered-by'], undefined);
    },
  ),
);

test.run();
