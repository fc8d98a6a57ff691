import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ErrorClassifier } from '../../services/classification/index.ts';
import { vectorFile } from './vector-file.ts';

interface Vectors {
  readonly now: string;
  readonly values: readonly {
    name: string;
    value: string;
    expect: number | null;
    source: string;
  }[];
  readonly headers: readonly {
    name: string;
    headers: unknown;
    expect: number | null;
    source: string;
  }[];
}

const test = suite('vectors: Retry-After');
const vectors = vectorFile<Vectors>('retry-after.json');
const classifier = new ErrorClassifier({ now: () => Date.parse(vectors.now) });

/** Every place that headers are found in, the AWS SDK's and a cause's included. */
const carriers: Readonly<Record<string, (headers: unknown) => unknown>> = {
  error: headers => Object.assign(new Error('503'), { headers }),
  response: headers => Object.assign(new Error('503'), { response: { status: 503, headers } }),
  $response: headers =>
    Object.defineProperty(new Error('503'), '$response', { value: { headers }, enumerable: false }),
  cause: headers => new Error('outer', { cause: Object.assign(new Error('503'), { headers }) }),
};

const forms: Readonly<Record<string, (value: string) => unknown>> = {
  object: value => ({ 'content-type': 'text/plain', 'retry-after': value }),
  'object in another case': value => ({ 'RETRY-After': value }),
  'object of lists': value => ({ 'retry-after': [value] }),
  'object without a prototype': value =>
    Object.assign(Object.create(null), { 'Retry-After': value }),
  Map: value => new Map([['Retry-After', value]]),
  'object with a get': value => ({
    get: (name: string) => (name.toLowerCase() === 'retry-after' ? value : null),
  }),
  'list of names and values': value => ['Content-Type', 'text/plain', 'Retry-After', value],
  'list of pairs': value => [['Retry-After', value]],
};

function check(headers: unknown, expected: number | null, what: string): void {
  for (const [carrier, carry] of Object.entries(carriers)) {
    const found = classifier.explain(carry(headers)).retryAfter ?? null;
    assert.is(found, expected, `${what}, in ${carrier}`);
  }
}

for (const { name, value, expect } of vectors.values) {
  test(`${name}: ${value.slice(0, 60)}`, () => {
    for (const [form, make] of Object.entries(forms)) check(make(value), expect, form);
    // fetch refuses characters that no header has.
    if (/^[\t\x20-\x7e]*$/.test(value)) {
      check(new Headers({ 'Retry-After': value }), expect, 'Headers');
    }
  });
}

for (const { name, headers, expect } of vectors.headers) {
  test(name, () => check(headers, expect, JSON.stringify(headers)));
}

test('two headers that fetch has joined are both read', () => {
  const headers = new Headers([
    ['Retry-After', 'Thu, 01 Jan 2026 00:00:10 GMT'],
    ['Retry-After', '45'],
  ]);
  check(headers, 45_000, 'Headers');
});

test('a retryAfter of the error that says nothing leaves it to the headers', () => {
  const error = { message: '429', retryAfter: -1, headers: { 'retry-after': '30' } };
  assert.is(classifier.explain(error).retryAfter, 30_000);
});

test('dates mean the same wherever the process runs', () => {
  const zone = process.env.TZ;
  try {
    for (const TZ of ['America/New_York', 'Asia/Kolkata', 'Pacific/Auckland']) {
      process.env.TZ = TZ;
      for (const { name, value, expect } of vectors.values) {
        check({ 'retry-after': value }, expect, `${name} in ${TZ}`);
      }
    }
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test('every vector names its source', () => {
  for (const { source } of [...vectors.values, ...vectors.headers]) assert.ok(source.length > 2);
});

test.run();
