import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { broken, schemas } from '../../services/protocol/support/broken.ts';
import { many } from '../../support/extent.ts';
import {
  OPERATOR,
  type Served,
  type Serving,
  served,
  TOKENS,
  VIEWER,
} from '../http/support/served.ts';
import { ask, type ClientSocket, clientOf, refusalOf, subscribe } from './support/connected.ts';
import { RawClient } from './support/raw.ts';

/** Milliseconds. */
export const suiteTimeout = 120_000;

const test = suite('the socket refuses attacks');
const FUZZED = many(10_000, 2_000);

type Open = (
  ...options: Parameters<typeof clientOf> extends [string, ...infer Rest] ? Rest : never
) => ClientSocket;

/** With a server, a definition that notes its calls, and clients that are gone at the end. */
function attacked(
  serving: Serving,
  run: (attacked: Served & { readonly open: Open; readonly calls: unknown[] }) => Promise<void>,
) {
  return served(serving, async parts => {
    const calls: unknown[] = [];
    parts.recovery.operation('note', async (input: unknown) => void calls.push(input));
    const sockets: ClientSocket[] = [];
    const open: Open = options => {
      const socket = clientOf(parts.server.url, { reconnection: false, ...options });
      sockets.push(socket);
      return socket;
    };
    try {
      await run({ ...parts, open, calls });
      assert.is((await parts.ask('/health/live')).status, 200);
    } finally {
      for (const socket of sockets) socket.disconnect();
    }
  });
}

const guarded = { server: { tokens: TOKENS } };
const roomy = { server: { rateLimit: { requests: 1_000_000 } } };
const start = { function_name: 'note', input: 1 };

test(
  'clients without a token, or with a wrong one, learn nothing but that',
  attacked(guarded, async ({ open }) => {
    const wrong = [
      undefined,
      {},
      { token: '' },
      { token: 'viewer-token-0123456780' },
      { token: [VIEWER] },
      { token: { toString: VIEWER } },
      { token: 'x'.repeat(100_000) },
      { Token: VIEWER },
    ];
    for (const auth of wrong) {
      for (const transports of [['websocket'], ['polling']]) {
        const problem = await refusalOf(open({ transports, ...(auth && { auth }) }));
        assert.is(problem.code, 'UNAUTHORIZED');
      }
    }
  }),
);

test(
  'guesses are counted, and whoever guesses too often is not listened to',
  attacked({ server: { tokens: TOKENS, rateLimit: { anonymous: 5 } } }, async ({ open }) => {
    for (let i = 0; i < 5; i++) {
      assert.is((await refusalOf(open({ auth: { token: `${i}` } }))).code, 'UNAUTHORIZED');
    }
    assert.is((await refusalOf(open({ auth: { token: 'again' } }))).code, 'RATE_LIMITED');
    const known = open({ auth: { token: VIEWER } });
    assert.is(await subscribe(known, {}), 0);
  }),
);

test(
  'a viewer looks and does not command',
  attacked(guarded, async ({ open, calls }) => {
    const socket = open({ auth: { token: VIEWER } });
    await subscribe(socket, {});
    for (const event of [
      'start',
      'cancel',
      'retry',
      'pause',
      'continue',
      'force_breaker',
      'reset_breaker',
      'inspect',
    ]) {
      const answer = await ask(socket, event, start);
      assert.ok(!answer.ok && answer.problem.code === 'FORBIDDEN', event);
    }
    const operator = open({ auth: { token: OPERATOR } });
    assert.ok((await ask(operator, 'start', { ...start, operation_id: 'a' })).ok);
    assert.is(calls.length, 1);
  }),
);

test(
  'pages of foreign origins, and names that are not the server’s, are turned away before anything is read',
  attacked({}, async ({ open, ask: get }) => {
    const attempts = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost.evil.example' },
      { host: 'rebound.example:3000' },
      { host: 'rebound.example', origin: 'http://rebound.example' },
    ];
    for (const extraHeaders of attempts) {
      // The client's polling leaves the Host header alone.
      for (const transports of 'host' in extraHeaders
        ? [['websocket']]
        : [['websocket'], ['polling']]) {
        const socket = open({ transports, extraHeaders });
        const error = await new Promise<Error>((resolve, reject) => {
          socket.once('connect_error', resolve);
          socket.once('connect', () => reject(new TypeError('it was let in')));
        });
        assert.match(error.message, /error/);
      }
      const { status, body } = await get('/socket.io/?EIO=4&transport=polling', {
        headers: extraHeaders,
      });
      assert.ok(status === 403 || status === 421, String(status));
      assert.match(body.code, /FOREIGN_ORIGIN|UNKNOWN_HOST/);
    }
  }),
);

test(
  'a page of an allowed origin is let in, and told that it may read',
  attacked(
    { server: { allowedOrigins: ['https://ops.example.com'] } },
    async ({ open, ask: get }) => {
      const extraHeaders = { origin: 'https://ops.example.com' };
      const socket = open({ transports: ['polling'], extraHeaders });
      assert.is(await subscribe(socket, {}), 0);
      const { headers } = await get('/socket.io/?EIO=4&transport=polling', {
        headers: extraHeaders,
      });
      assert.is(headers['access-control-allow-origin'], 'https://ops.example.com');
    },
  ),
);

test(
  `${FUZZED} malformed messages over one connection are each refused, and none does anything`,
  attacked(roomy, async ({ server, recovery, calls }) => {
    const client = await RawClient.open(server.url);
    const messages = fc.sample(broken, { numRuns: FUZZED, seed: 11 });
    let refused = 0;
    for (let i = 0; i < messages.length; i += 500) {
      const sent = messages.slice(i, i + 500).map(({ name, message }) => {
        const text = textOf(message);
        // JSON makes null of some numbers, so that what arrives may be fit: that it is, is asked of the schema.
        const fit = schemas[name].safeParse(JSON.parse(text)).success;
        return { name, text, fit };
      });
      const answers = await Promise.all(sent.map(({ name, text }) => client.ask(name, text)));
      for (const [index, { ok, problem }] of answers.entries()) {
        assert.ok(!ok || sent[index]?.fit === true, sent[index]?.text.slice(0, 200));
        if (ok) continue;
        refused++;
        assert.match(
          problem?.code ?? '',
          /^(VALIDATION|\w+_NOT_FOUND)$/,
          JSON.stringify([problem, sent[index]]).slice(0, 500),
        );
      }
    }
    assert.ok(refused > 0.95 * FUZZED, `${refused}`);
    assert.is(calls.length, 0);
    assert.equal((await recovery.list()).items, []);
    assert.not('isAdmin' in {});
    assert.ok(client.open);
    client.close();
  }),
);

/** Of messages that come often. */
const texts = new Map<unknown, string>();

/** As JSON; what has none comes as null. */
function textOf(message: unknown): string {
  const known = texts.get(message);
  if (known !== undefined) return known;
  let text = 'null';
  try {
    text = JSON.stringify(message) ?? text;
  } catch {
    // It has none.
  }
  texts.set(message, text);
  return text;
}

test(
  'events that there are not, messages without an acknowledgement, binary ones, and too many do nothing',
  attacked(roomy, async ({ open, calls }) => {
    const socket = open();
    await subscribe(socket, {});
    const send = socket as unknown as { emit(...args: unknown[]): void };
    send.emit('start', start);
    send.emit('start');
    send.emit('constructor', start);
    for (const event of ['__proto__', 'toString', 'hasOwnProperty', 'progress', 'unknown']) {
      const answer = await ask(socket, event, start);
      assert.ok(!answer.ok && answer.problem.code === 'BAD_REQUEST', event);
    }
    const two = await ask(socket, 'start', start, start);
    assert.ok(!two.ok && two.problem.code === 'BAD_REQUEST');
    const binary = await ask(socket, 'start', { function_name: 'note', input: Buffer.from('x') });
    assert.ok(!binary.ok && binary.problem.code === 'VALIDATION');
    assert.is(calls.length, 0);
    assert.ok(socket.connected);
  }),
);

test(
  'a frame that is too large ends that connection, and no other',
  attacked({ server: { bodyLimit: 10_000 } }, async ({ open }) => {
    const [neighbour, socket] = [open(), open()];
    await Promise.all([subscribe(neighbour, {}), subscribe(socket, {})]);
    const gone = new Promise(resolve => socket.once('disconnect', resolve));
    socket.emit('start', { function_name: 'note', input: 'x'.repeat(20_000) }, () => {});
    await gone;
    assert.is(await subscribe(neighbour, {}), 0);
  }),
);

test(
  'packets that are no packets end that connection, and no other',
  attacked({}, async ({ open }) => {
    const neighbour = open();
    await subscribe(neighbour, {});
    for (const garbage of ['2{', '2[]', '2["subscribe"', '9', '2[{}]', 'x'.repeat(1000)]) {
      const socket = open();
      await subscribe(socket, {});
      const gone = new Promise(resolve => socket.once('disconnect', resolve));
      socket.io.engine.write(garbage);
      await gone;
    }
    assert.is(await subscribe(neighbour, {}), 0);
  }),
);

test(
  'a flood of subscriptions is refused, and ends with the connection',
  attacked({}, async ({ open, recovery }) => {
    const double = recovery.operation('double', async (n: number) => 2 * n);
    await Promise.all(Array.from({ length: 50 }, (_, i) => double.run(i)));
    const [neighbour, socket] = [open(), open()];
    await subscribe(neighbour, {});
    let isGone = false;
    const gone = new Promise<void>(resolve => {
      socket.once('disconnect', () => {
        isGone = true;
        resolve();
      });
    });
    const codes: string[] = [];
    let rounds = 0;
    // On a machine that is slow enough some are let in again amid a round, and the refusals are counted anew.
    for (; !isGone; rounds += 1) {
      assert.ok(rounds < 20, 'nobody ended it');
      for (let i = 0; i < 200; i++) {
        socket.emit('subscribe', { since: 0 }, answer => {
          codes.push(answer.ok ? 'OK' : answer.problem.code);
        });
      }
      await Promise.race([gone, sleep(3_000, undefined, { ref: false })]);
    }
    assert.ok(codes.filter(code => code === 'OK').length <= 60 * rounds);
    assert.ok(codes.includes('RATE_LIMITED'));
    assert.is(await subscribe(neighbour, {}), 150);
  }),
);

test(
  'a flood of commands is refused by token and address',
  attacked({ server: { tokens: TOKENS, rateLimit: { requests: 20 } } }, async ({ open, calls }) => {
    const socket = open({ auth: { token: OPERATOR } });
    const codes: string[] = [];
    for (let i = 0; i < 60; i++) {
      const answer = await ask(socket, 'start', { ...start, operation_id: `${i}` });
      codes.push(answer.ok ? 'OK' : answer.problem.code);
    }
    assert.is(codes.filter(code => code === 'OK').length, 20);
    assert.is(codes.filter(code => code === 'RATE_LIMITED').length, 40);
    assert.is(calls.length, 20);
    const viewer = open({ auth: { token: VIEWER } });
    assert.is(typeof (await subscribe(viewer, {})), 'number');
  }),
);

test(
  'addresses below the socket’s lead nowhere else',
  attacked({}, async ({ send }) => {
    for (const path of [
      '/socket.io/../../etc/passwd',
      '/socket.io/%2e%2e/%2e%2e/etc/passwd',
      '/socket.io/socket.io.js',
      '/socket.io/\0',
      '/socket.io/?EIO=4&transport=polling&sid=__proto__',
      '/socket.io/?EIO=4&transport=constructor',
    ]) {
      const answer = await send(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
      assert.not.match(answer, /root:|socket\.io v/i);
    }
  }),
);

test(
  'logs tell of commands and callers, and nothing of what they carried',
  attacked(guarded, async ({ open, lines }) => {
    const socket = open({ auth: { token: OPERATOR } });
    const secret = { function_name: 'note', input: 'secret-input', operation_id: 'secret-id' };
    assert.ok((await ask(socket, 'start', secret)).ok);
    assert.not.ok((await ask(socket, 'start', { ...secret, odd: 'secret-odd' })).ok);
    await ask(socket, 'cancel', { operation_id: 'secret-id', reason: 'secret-reason' });
    const all = lines.join('\n');
    assert.match(all, /"event":"start","caller":"operator 1","code":"OK"/);
    assert.not.match(all, /secret|operator-token/);
  }),
);

test.run();
