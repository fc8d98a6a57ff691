import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NotSerializableError, PersistenceError } from '../../services/errors.ts';
import { fromJson, toStrictJson } from '../../services/json.ts';

const test = suite('strict JSON');

function pathOf(value: unknown): unknown {
  try {
    toStrictJson(value, 'input');
  } catch (error) {
    assert.instance(error, NotSerializableError);
    const { path } = (error as NotSerializableError).details;
    assert.ok((error as NotSerializableError).message.startsWith(`${String(path)} is `));
    return path;
  }
  return assert.unreachable('it was let through');
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}

class Point {
  readonly x = 1;
}

test('undefined is no text, and reads back as undefined', () => {
  assert.is(toStrictJson(undefined, 'input'), null);
  assert.is(fromJson(null), undefined);
});

test('plain values read back as what they were', () => {
  const values = [
    null,
    true,
    0,
    -1.5,
    Number.MAX_VALUE,
    5e-324,
    '',
    'ä\u0000\n\ud800',
    [],
    {},
    [[1], { a: { b: [null, 'x'] } }],
    JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "toJSON": 3}'),
    runInNewContext('({ a: [1, { b: 2 }] })'),
  ];
  for (const value of values) {
    const text = toStrictJson(value, 'input') as string;
    assert.is(text, JSON.stringify(value));
    assert.equal(fromJson(text), JSON.parse(JSON.stringify(value)));
  }
  assert.is(toStrictJson(Object.assign(Object.create(null), { a: 1 }), 'input'), '{"a":1}');
});

test("an object's property that is undefined is left out", () => {
  assert.is(toStrictJson({ a: 1, b: undefined }, 'input'), '{"a":1}');
});

test('what JSON changes or drops is refused with its path', () => {
  const when = new Date(0);
  const cases: readonly (readonly [value: unknown, path: string])[] = [
    [when, 'input'],
    [{ items: [0, 1, 2, { when }] }, 'input.items[3].when'],
    [{ 'a b': { 'c"d': when } }, 'input["a b"]["c\\"d"]'],
    [new Map(), 'input'],
    [new Set(), 'input'],
    [/x/, 'input'],
    [new Error('x'), 'input'],
    [new Point(), 'input'],
    [{ at: new Point() }, 'input.at'],
    [Object.create({ inherited: 1 }), 'input'],
    [new (class List extends Array {})(), 'input'],
    [[undefined], 'input[0]'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about
    [[1, , 3], 'input[1]'],
    [Number.NaN, 'input'],
    [[Number.POSITIVE_INFINITY], 'input[0]'],
    [{ n: Number.NEGATIVE_INFINITY }, 'input.n'],
    [{ n: -0 }, 'input.n'],
    [-0, 'input'],
    [1n, 'input'],
    [Symbol('s'), 'input'],
    [{ [Symbol('s')]: 1 }, 'input[Symbol(s)]'],
    [() => 1, 'input'],
    [{ f() {} }, 'input.f'],
    [{ toJSON: () => 1 }, 'input'],
    [new Uint8Array(2), 'input'],
    [Buffer.from('x'), 'input'],
    [new ArrayBuffer(2), 'input'],
    [Object(1), 'input'],
    [Object('x'), 'input'],
    [Object(false), 'input'],
    [
      {
        get a() {
          return 1;
        },
      },
      'input.a',
    ],
    [Object.defineProperty({ a: 1 }, 'b', { value: 2 }), 'input.b'],
    [Object.assign([1, 2], { extra: 1 }), 'input.extra'],
    [Object.assign([1], { [Symbol('s')]: 1 }), 'input[Symbol(s)]'],
    [/(x)/.exec('x'), 'input.index'],
    [Promise.resolve(), 'input'],
    [new WeakMap(), 'input'],
    [new Proxy({}, { ownKeys: () => assert.unreachable('trap') as never }), 'input'],
  ];
  for (const [value, path] of cases) assert.is(pathOf(value), path);
});

test('cycles are refused with the path where they close; one object twice is not a cycle', () => {
  const loop: Record<string, unknown> = { a: {} };
  loop.a = { back: [loop] };
  assert.is(pathOf(loop), 'input.a.back[0]');
  const shared = { x: 1 };
  assert.is(toStrictJson([shared, shared], 'input'), '[{"x":1},{"x":1}]');
});

test('a thousand levels pass, one more is refused, a million do not overflow the stack', () => {
  assert.is((toStrictJson(nested(1_000), 'input') as string).length, 2_000);
  const path = pathOf(nested(1_001)) as string;
  assert.ok(path.length <= 201 && path.includes('…'), path);
  pathOf(nested(1_000_000));
});

test('the message says what it is and where', () => {
  assert.throws(
    () => toStrictJson({ at: new Date(0) }, 'output'),
    /^output\.at is an instance of Date; it would not survive JSON$/,
  );
});

test('text that is not JSON is an error of the store', () => {
  assert.throws(
    () => fromJson('{'),
    (error: unknown) => error instanceof PersistenceError,
  );
});

const seed = 20_260_101;

test('whatever passes reads back deep-equal, and every JSON value passes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const hasMinusZero = !Object.is(JSON.stringify(value, minusZero), JSON.stringify(value));
      if (hasMinusZero) return pathOf(value) !== undefined;
      assert.equal(fromJson(toStrictJson(value, 'input')), value);
      return true;
    }),
    { seed, numRuns: 2_000 },
  );
});

test('a value with something in it that JSON changes is refused', () => {
  const bad = fc.constantFrom<unknown>(
    Number.NaN,
    -0,
    1n,
    new Date(0),
    new Map([[1, 2]]),
    new Set(),
    () => 1,
    Symbol.iterator,
    new Point(),
    new Uint8Array(1),
  );
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withBoxedValues: true,
    withNullPrototype: true,
    withObjectString: true,
  });
  fc.assert(
    fc.property(fc.array(anything), bad, fc.nat(), (items, wrong, at) => {
      items.splice(at % (items.length + 1), 0, { wrong });
      return pathOf(items) !== undefined;
    }),
    { seed, numRuns: 1_000 },
  );
  fc.assert(
    fc.property(anything, value => {
      let text: string | null;
      try {
        text = toStrictJson(value, 'input');
      } catch (error) {
        return error instanceof NotSerializableError;
      }
      assert.equal(fromJson(text), withoutUndefined(value));
      return true;
    }),
    { seed, numRuns: 5_000 },
  );
});

function minusZero(_key: string, value: unknown): unknown {
  return Object.is(value, -0) ? '-0' : value;
}

/** A copy with plain prototypes and without undefined properties: the two things that may change. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, property]) => property !== undefined)
      .map(([key, property]) => [key, withoutUndefined(property)]),
  );
}

test.run();
