import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorFromJson, errorToJson } from '../../services/error-json.ts';
import {
  CircuitOpenError,
  NotSerializableError,
  OperationFailedError,
  RecoveryError,
} from '../../services/errors.ts';
import { fromJson, toStrictJson } from '../../services/json.ts';

const test = suite('errors as JSON');

/** As JSON, with the promises that hold for anything checked. */
function stored(error: unknown) {
  const json = errorToJson(error);
  const text = toStrictJson(json, 'error') as string;
  assert.ok(text.length <= 16_384, `${text.length} characters`);
  assert.equal(fromJson(text), json);
  return json;
}

test('name, message, code, stack, cause and details are kept', () => {
  const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET', errno: -104 });
  const error = new RangeError('outer', { cause });
  const json = stored(error);
  assert.equal([json.name, json.message, json.code], ['RangeError', 'outer', undefined]);
  assert.is(json.stack, error.stack);
  assert.equal([json.cause?.name, json.cause?.message], ['TypeError', 'inner']);
  assert.is(json.cause?.code, 'ECONNRESET');
  assert.equal(json.cause?.details, { errno: -104 });
  assert.is(json.thrown, undefined);
});

test('an error comes back as one of its class, with cause, code and properties', () => {
  const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET', errno: -104 });
  const error = new RangeError('outer', { cause });
  const back = errorFromJson(stored(error));
  assert.instance(back, RangeError);
  assert.equal([back.name, back.message, back.stack], ['RangeError', 'outer', error.stack]);
  const inner = back.cause as TypeError & { code: string; errno: number };
  assert.instance(inner, TypeError);
  assert.equal([inner.message, inner.code, inner.errno], ['inner', 'ECONNRESET', -104]);
});

test("the library's own errors come back as what they were", () => {
  const open = new CircuitOpenError('closed to you', { details: { openUntil: 5 } });
  const error = new OperationFailedError('gave up', { cause: open, details: { operationId: 'a' } });
  const back = errorFromJson(stored(error));
  assert.instance(back, OperationFailedError);
  assert.equal(back.name, 'OperationFailedError');
  assert.equal((back as RecoveryError).details, { operationId: 'a' });
  assert.instance(back.cause, CircuitOpenError);
  assert.equal((back.cause as RecoveryError).details, { openUntil: 5 });
  assert.is((back.cause as RecoveryError).code, 'CIRCUIT_OPEN');
});

test('a name that only looks like one of ours is a plain error of that name', () => {
  const back = errorFromJson(stored(Object.assign(new Error('x'), { name: 'ConfigError' })));
  assert.not(back instanceof RecoveryError);
  assert.equal([back.name, back.message], ['ConfigError', 'x']);
  const coded = Object.assign(new Error('x'), { name: 'ConfigError', code: 'THEIRS' });
  const backCoded = errorFromJson(stored(coded)) as Error & { code: string };
  assert.not(backCoded instanceof RecoveryError);
  assert.is(backCoded.code, 'THEIRS');
});

test('the parts of an aggregate are kept, ten of them', () => {
  const parts = Array.from({ length: 30 }, (_, i) => new TypeError(`part ${i}`));
  const json = stored(new AggregateError(parts, 'all failed'));
  assert.is(json.errors?.length, 10);
  const back = errorFromJson(json) as AggregateError;
  assert.instance(back, AggregateError);
  assert.is(back.errors.length, 10);
  assert.instance(back.errors[9], TypeError);
  assert.is(back.errors[9].message, 'part 9');
});

test('lists of plain data named errors belong to the details', () => {
  const error = Object.assign(new Error('validation failed'), {
    errors: [{ instancePath: '/a', message: 'must be string' }],
  });
  const json = stored(error);
  assert.is(json.errors, undefined);
  assert.equal(json.details, { errors: [{ instancePath: '/a', message: 'must be string' }] });
});

test('what is no error says what it was', () => {
  const cases: readonly (readonly [unknown, string, string])[] = [
    [undefined, 'undefined', 'undefined'],
    [null, 'null', 'null'],
    ['a string', 'string', 'a string'],
    ['', 'string', ''],
    [42, 'number', '42'],
    [-0, 'number', '0'],
    [Number.NaN, 'number', '"NaN"'],
    [true, 'boolean', 'true'],
    [10n, 'bigint', '"10n"'],
    [Symbol('s'), 'symbol', 'a symbol'],
    [() => 1, 'function', 'a function'],
    [[1, 'x'], 'object', '[1,"x"]'],
    [{ a: 1 }, 'object', '{"a":1}'],
    [{ message: 'like an error', status: 503 }, 'object', 'like an error'],
  ];
  for (const [value, thrown, message] of cases) {
    const json = stored(value);
    assert.equal([json.thrown, json.message], [thrown, message]);
    const back = errorFromJson(json);
    assert.instance(back, Error);
    assert.equal([back.message, (back as { thrown?: unknown }).thrown], [message, thrown]);
  }
});

test('frozen errors, errors of another realm and DOM exceptions are errors', () => {
  assert.is(stored(Object.freeze(new Error('cold'))).message, 'cold');
  const foreign = stored(runInNewContext('new TypeError("far")'));
  assert.equal([foreign.name, foreign.message], ['TypeError', 'far']);
  const abort = stored(new DOMException('stop', 'AbortError'));
  assert.equal([abort.name, abort.message, abort.thrown], ['AbortError', 'stop', undefined]);
});

test('getters and proxies that throw do no harm', () => {
  const boom = () => {
    throw new RangeError('trap');
  };
  const handler = { get: boom, ownKeys: boom, getPrototypeOf: boom, has: boom };
  stored(new Proxy(new Error('x'), handler));
  stored(new Proxy({}, handler));
  stored(new Proxy([], handler));
  stored(new Proxy(() => 1, handler));
  stored(new Error('outer', { cause: new Proxy(new Error('x'), handler) }));
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  stored(revoked.proxy);
  const error = new Error('kept');
  assert.ok(error.stack); // made before its parts are traps
  for (const key of ['name', 'code', 'stack', 'cause', 'errors', 'other']) {
    Object.defineProperty(error, key, { get: boom, enumerable: true });
  }
  assert.is(stored(error).message, 'kept');
  stored({ toString: boom, [Symbol.toPrimitive]: boom, toJSON: boom });
  stored(
    Object.assign(new Error('x'), { when: new Date(Number.NaN), o: { [Symbol.iterator]: 1 } }),
  );
});

test('cycles of causes and parts end, and say so', () => {
  const a = new Error('a');
  const b = new Error('b', { cause: a });
  a.cause = b;
  const json = stored(a);
  assert.is(json.cause?.message, 'b');
  assert.match(json.cause?.cause?.message ?? '', /further up/);
  const self = new AggregateError([], 'self');
  self.errors.push(...Array(1_000).fill(self));
  stored(self);
});

test('a long message is cut at 2,000 characters with a mark', () => {
  const json = stored(new Error('x'.repeat(5_000)));
  assert.is(json.message, `${'x'.repeat(2_000)}… (3000 more characters)`);
});

test('however much hangs on an error, its JSON stays below 16 KB and is made quickly', () => {
  const chain = (depth: number): Error =>
    Object.assign(new Error('\u0000'.repeat(5_000), depth ? { cause: chain(depth - 1) } : {}), {
      rows: Array.from({ length: 100 }, (_, i) => ({ i, text: 'y'.repeat(1_000) })),
      code: 'c'.repeat(5_000),
      name: 'n'.repeat(5_000),
    });
  const wide = new AggregateError(Array.from({ length: 100 }, () => chain(2)));
  const big = Object.assign(new Error('big'), { data: Array.from({ length: 1e6 }, i => [i]) });
  const list = new Array<string>(1e6).fill('x'.repeat(99));
  for (const error of [chain(100), wide, big, list]) {
    stored(error);
    const start = performance.now();
    errorToJson(error);
    assert.ok(performance.now() - start < 5_000, `${performance.now() - start} ms`);
  }
  assert.is(stored(chain(100)).cause?.thrown, undefined);
});

test('details are a small likeness: classes by name, bytes and functions not at all', () => {
  class Socket {}
  const error = Object.assign(new Error('x'), {
    socket: new Socket(),
    when: new Date(0),
    bytes: Buffer.from('x'),
    f() {},
    n: 1n,
    minus: -0,
    deep: { a: { b: { c: { d: 1 } } } },
    inner: new TypeError('in'),
    forged: JSON.parse('{"__proto__": {"a": 1}, "b": 2}'),
  });
  assert.equal(stored(error).details, {
    socket: '[Socket]',
    when: '1970-01-01T00:00:00.000Z',
    bytes: '[Buffer]',
    n: '1n',
    minus: 0,
    deep: { a: { b: '[Object]' } },
    inner: 'TypeError: in',
    forged: { b: 2 },
  });
});

test('details cannot replace what makes an error one', () => {
  const back = errorFromJson({
    name: 'Error',
    message: 'kept',
    details: JSON.parse('{"message": "forged", "stack": 1, "__proto__": {"a": 1}, "status": 503}'),
  });
  assert.is(back.message, 'kept');
  assert.is((back as unknown as { a?: unknown }).a, undefined);
  assert.is((back as unknown as { status: number }).status, 503);
  assert.is(Object.getPrototypeOf(back), Error.prototype);
});

test('anything at all can be stored and revived, and says the same when it is stored again', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSparseArray: true,
    withNullPrototype: true,
  });
  fc.assert(
    fc.property(anything, anything, fc.string(), (value, extra, message) => {
      for (const thrown of [
        value,
        Object.assign(new Error(message, { cause: extra }), { extra }),
      ]) {
        const json = stored(thrown);
        const again = stored(errorFromJson(json));
        assert.equal([again.name, again.message], [json.name, json.message]);
      }
    }),
    { seed: 3, numRuns: 1_000 },
  );
});

test('an error that says it is ours but has strange details is revived all the same', () => {
  const back = errorFromJson({
    name: 'NotSerializableError',
    message: 'm',
    code: 'NOT_SERIALIZABLE',
    details: 'odd',
  });
  assert.instance(back, NotSerializableError);
  assert.equal((back as RecoveryError).details, {});
});

test.run();
