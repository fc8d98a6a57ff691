import { createServer } from 'node:net';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ErrorClassifier } from '../../../services/classification/index.ts';
import { answered, coded, expectVerdicts, named } from './table.ts';

const test = suite('classification by causes, parts and messages');

test('causes are looked through; what is outermost counts first', () => {
  const reset = coded('ECONNRESET');
  expectVerdicts([
    [new TypeError('fetch failed', { cause: reset }), 'network', true, 'code:ECONNRESET'],
    [
      new TypeError('fetch failed', { cause: coded('CERT_HAS_EXPIRED') }),
      'permission',
      false,
      'code:CERT_HAS_EXPIRED',
    ],
    [
      new TypeError('terminated', { cause: coded('UND_ERR_SOCKET') }),
      'network',
      true,
      'code:UND_ERR_SOCKET',
    ],
    [
      new Error('a', { cause: new Error('b', { cause: reset }) }),
      'network',
      true,
      'code:ECONNRESET',
    ],
    [Object.assign(answered(404), { cause: reset }), 'validation', false, 'http:404'],
    [new Error('permission denied', { cause: reset }), 'network', true, 'code:ECONNRESET'],
    [new TypeError('fetch failed'), 'network', true, 'message:fetch'],
    [new TypeError('Failed to fetch'), 'network', true, 'message:fetch'],
    [new Error('a', { cause: 'connection refused' }), 'network', true, 'message:network'],
  ]);
});

test('a real fetch to a port where nobody listens, and to an address that is none', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  const refused: unknown = await fetch(`http://127.0.0.1:${port}/`).catch(error => error);
  const wrong: unknown = await fetch('no address').catch(error => error);
  expectVerdicts([
    [refused, 'network', true, 'code:ECONNREFUSED'],
    [wrong, 'validation', false, 'code:ERR_INVALID_URL'],
  ]);
});

test('of the parts of an aggregate, one that a retry may mend is enough', () => {
  const never = coded('EACCES');
  const perhaps = coded('ECONNREFUSED');
  expectVerdicts([
    [new AggregateError([never, perhaps]), 'network', true, 'code:ECONNREFUSED'],
    [new AggregateError([never, named('ZodError')]), 'permission', false, 'code:EACCES'],
    [new AggregateError([new Error('timed out')]), 'timeout', true, 'message:timeout'],
    [new AggregateError([]), 'unknown', true, 'fallback'],
  ]);
});

test('messages are the last resort, in any case', () => {
  expectVerdicts([
    [new Error('Request TIMED OUT after 5 s'), 'timeout', true, 'message:timeout'],
    [new Error('Operation timeout'), 'timeout', true, 'message:timeout'],
    ['socket hang up', 'network', true, 'message:network'],
    [new Error('Connection refused'), 'network', true, 'message:network'],
    [new Error('Network error'), 'network', true, 'message:network'],
    [new Error('connect ECONNREFUSED 127.0.0.1:80'), 'network', true, 'message:ECONNREFUSED'],
    [new Error('ENOSPC: no space left on device, write'), 'resource', false, 'message:ENOSPC'],
    [new Error('No space left on device'), 'resource', false, 'message:disk full'],
    [new Error('Permission denied'), 'permission', false, 'message:permission'],
    [new Error('Unauthorized'), 'permission', false, 'message:permission'],
    [new Error('Invalid input: expected a number'), 'validation', false, 'message:validation'],
    [new Error('validation failed'), 'validation', false, 'message:validation'],
    [new Error('database is locked'), 'resource', true, 'message:locked'],
    [new Error('Too many requests'), 'resource', true, 'message:rate limit'],
    [new Error('Out of memory'), 'resource', true, 'message:unavailable'],
    [new Error('Request failed with status code 503'), 'resource', true, 'message:http 503'],
    [new Error('HTTP 404'), 'validation', false, 'message:http 404'],
    [new Error('something odd'), 'unknown', true, 'fallback'],
  ]);
});

test('what says nothing is unknown, and retried', () => {
  for (const error of [
    undefined,
    null,
    '',
    0,
    42,
    true,
    1n,
    Symbol('s'),
    () => 1,
    {},
    [],
    new Error(''),
  ]) {
    expectVerdicts([[error, 'unknown', true, 'fallback']]);
  }
});

test('cycles and endless chains end', () => {
  const a = new Error('a');
  a.cause = new Error('b', { cause: a });
  const self = new AggregateError([]);
  self.errors.push(self, self);
  let deep = coded('ECONNRESET');
  for (let depth = 0; depth < 100_000; depth++)
    deep = new Error('x', { cause: deep }) as typeof deep;
  const endless = new Proxy(new Error('x'), {
    get: (_, key) => (key === 'cause' ? structuredClone(new Error('again')) : undefined),
  });
  const wide = new AggregateError(Array.from({ length: 1e5 }, () => new AggregateError([a, self])));
  for (const error of [a, self, deep, endless, wide]) {
    expectVerdicts([[error, 'unknown', true, 'fallback']]);
  }
});

test('getters, proxies and frozen errors do no harm', () => {
  const boom = () => {
    throw new RangeError('trap');
  };
  const handler = { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const getters = new Error('x');
  for (const key of [
    'code',
    'status',
    'cause',
    'errors',
    'issues',
    'response',
    'headers',
    'retryAfter',
  ]) {
    Object.defineProperty(getters, key, { get: boom });
  }
  for (const error of [
    new Proxy(new Error('x'), handler),
    new Proxy({}, handler),
    revoked.proxy,
    getters,
  ]) {
    expectVerdicts([[error, 'unknown', true, 'fallback']]);
  }
  expectVerdicts([[Object.freeze(coded('EPIPE')), 'network', true, 'code:EPIPE']]);
  expectVerdicts([
    [{ name: 'toString', code: 'constructor', message: '__proto__' }, 'unknown', true, 'fallback'],
  ]);
});

test('anything at all gets a verdict', () => {
  const classifier = new ErrorClassifier();
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true }),
      fc.string(),
      (value, message) => {
        for (const error of [
          value,
          Object.assign(new Error(message, { cause: value }), { response: value }),
        ]) {
          const verdict = classifier.explain(error);
          assert.type(verdict.retryable, 'boolean');
          assert.ok(verdict.rule.length > 0);
        }
      },
    ),
    { seed: 4, numRuns: 2_000 },
  );
});

test('a message of any length and content is matched in no time', () => {
  const classifier = new ErrorClassifier();
  for (const text of [
    'connection '.repeat(1e5),
    'a'.repeat(1e6),
    'E'.repeat(1e6),
    'time '.repeat(1e5),
  ]) {
    classifier.explain(new Error(text));
    const start = performance.now();
    classifier.explain(new Error(text));
    assert.ok(performance.now() - start < 5_000);
  }
});

test.run();
