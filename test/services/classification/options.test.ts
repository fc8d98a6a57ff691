import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ErrorClassifier } from '../../../services/classification/index.ts';
import { ConfigError } from '../../../services/errors.ts';
import { answered, coded, expectVerdicts } from './table.ts';

const test = suite('classification: rules, overrides and Retry-After');

test('rules are asked in their order, before the tables', () => {
  const classifier = new ErrorClassifier({
    rules: [
      { name: 'not mine', match: () => undefined },
      {
        name: 'odd',
        match: error => ((error as Error).message === 'odd' ? 'permission' : undefined),
      },
      {
        name: 'gone',
        match: error =>
          (error as { code?: string }).code === 'ENOENT'
            ? { category: 'resource', retryable: true }
            : undefined,
      },
      {
        name: 'late',
        match: error => ((error as Error).message === 'odd' ? 'network' : undefined),
      },
      {
        name: 'kind',
        match: error => ((error as Error).message === 'k' ? { category: 'network' } : undefined),
      },
    ],
  });
  expectVerdicts(
    [
      [new Error('odd'), 'permission', false, 'odd'],
      [coded('ENOENT'), 'resource', true, 'gone'],
      [new Error('k'), 'network', true, 'kind'],
      [coded('ECONNRESET'), 'network', true, 'code:ECONNRESET'],
    ],
    classifier,
  );
});

test('a rule that throws or answers nonsense is skipped', () => {
  const nonsense: unknown[] = [
    'weird',
    5,
    null,
    {},
    { category: 'weird' },
    Promise.resolve('network'),
  ];
  const classifier = new ErrorClassifier({
    rules: [
      {
        name: 'throws',
        match: () => {
          throw new RangeError('boom');
        },
      },
      ...nonsense.map(value => ({ name: 'nonsense', match: () => value as undefined })),
    ],
  });
  expectVerdicts([[coded('EPIPE'), 'network', true, 'code:EPIPE']], classifier);
});

test('what a category says can be changed', () => {
  const classifier = new ErrorClassifier({
    retryable: { unknown: false, permission: true, resource: false },
    rules: [
      {
        name: 'mine',
        match: error => (error === 'mine' ? { category: 'resource', retryable: true } : undefined),
      },
    ],
  });
  expectVerdicts(
    [
      [new Error('odd'), 'unknown', false, 'fallback'],
      [answered(403), 'permission', true, 'http:403'],
      [coded('EMFILE'), 'resource', false, 'code:EMFILE'],
      ['mine', 'resource', true, 'mine'],
      [coded('EPIPE'), 'network', true, 'code:EPIPE'],
    ],
    classifier,
  );
  expectVerdicts(
    [[coded('ENOSPC'), 'resource', true, 'code:ENOSPC']],
    new ErrorClassifier({ retryable: { resource: true } }),
  );
});

test('options that cannot be used are refused, all in one error', () => {
  try {
    new ErrorClassifier({
      rules: [{ name: ' ', match: 5 as never }],
      retryable: { network: 'yes' as never, ...{ netwrk: true } },
      now: 5 as never,
      ...{ rule: [] },
    });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ConfigError);
    const { problems } = (error as ConfigError).details as { problems: { option: string }[] };
    assert.equal(
      problems.map(({ option }) => option),
      ['rule', 'rules[0].name', 'rules[0].match', 'netwrk', 'retryable.network', 'now'],
    );
  }
  assert.throws(
    () => new ErrorClassifier({ rules: {} as never }),
    /rules must be an array, got an object/,
  );
});

const now = Date.parse('2026-01-01T00:00:00Z');
const retryAfter = (carried: object): number | undefined =>
  new ErrorClassifier({ now: () => now }).explain(Object.assign(answered(503), carried)).retryAfter;

test('retryAfter of an error is milliseconds', () => {
  assert.is(retryAfter({ retryAfter: 1_500 }), 1_500);
  assert.is(retryAfter({ retryAfter: 0 }), 0);
  assert.is(retryAfter({ retryAfter: -1 }), undefined);
  assert.is(retryAfter({ retryAfter: Number.NaN }), undefined);
  assert.is(retryAfter({ retryAfter: Number.POSITIVE_INFINITY }), 3_155_760_000_000);
});

test('Retry-After is read in seconds and as a date, from every kind of headers', () => {
  const date = 'Thu, 01 Jan 2026 00:00:30 GMT';
  for (const headers of [
    { 'retry-after': '30' },
    { 'Retry-After': '30' },
    { 'RETRY-AFTER': ['20', '30'] },
    { 'retry-after': 30 },
    { 'retry-after': date },
    { 'retry-after-ms': '30000', 'retry-after': '99' },
    new Headers({ 'Retry-After': ' 30 ' }),
    new Map([['retry-after', '30']]),
    ['Content-Type', 'text/plain', 'Retry-After', '30'],
  ]) {
    assert.is(retryAfter({ headers }), 30_000, JSON.stringify(headers));
    assert.is(retryAfter({ response: { headers } }), 30_000, JSON.stringify(headers));
  }
  assert.is(retryAfter({ headers: { 'retry-after': '0' } }), 0);
  assert.is(retryAfter({ headers: { 'retry-after': '1.5' } }), 1_500);
  assert.is(retryAfter({ headers: { 'retry-after': 'Thu, 01 Jan 2015 00:00:00 GMT' } }), 0);
});

test('Retry-After of a cause counts too', () => {
  const cause = Object.assign(answered(429), { headers: { 'retry-after': '2' } });
  assert.is(new ErrorClassifier().explain(new Error('x', { cause })).retryAfter, 2_000);
});

test('a Retry-After that says nothing is none', () => {
  for (const headers of [
    { 'retry-after': '' },
    { 'retry-after': 'soon' },
    { 'retry-after': '-5' },
    { 'retry-after': '1e3' },
    { 'retry-after': {} },
    {
      get: () => {
        throw new RangeError('trap');
      },
    },
    'retry-after: 5',
    null,
  ]) {
    assert.is(retryAfter({ headers }), undefined);
  }
});

test.run();
