import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../services/errors.ts';
import { drawsOf } from '../../../services/runtime/draws.ts';
import { verdictOn } from '../../../services/runtime/verdict.ts';
import {
  CustomStrategy,
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
} from '../../../services/strategies/index.ts';
import { always, judged, NOW, policyOf, SEED, standing } from './support/judging.ts';

const test = suite('verdicts');
const fixed = (delay: number) => new FixedDelayStrategy({ delay });
const wait = { dueAt: null, remaining: null, delay: 300, draw: 0.25 };

test('a category has the strategy of its own, the others that of the policy', () => {
  const options = { strategy: fixed(100), policies: { timeout: { strategy: fixed(9_000) } } };
  assert.is(
    judged({ ...options, classifier: always({ category: 'timeout' }) }).verdict.delay,
    9_000,
  );
  assert.is(judged({ ...options, classifier: always({ category: 'network' }) }).verdict.delay, 100);
});

test('the delay is drawn from the seed and the number of the retry', () => {
  const strategy = new ExponentialBackoffStrategy({ jitter: 'full' });
  const policy = policyOf({ strategy });
  for (const retries of [0, 1, 2]) {
    const counts = { retries, interruptions: 0, streak: retries };
    const operation = standing(policy, { counts });
    const { verdict } = judged({ strategy }, { operation });
    const draw = drawsOf(SEED, retries + 1)();
    assert.is(verdict.draw, draw);
    assert.is(verdict.delay, Math.round(draw * 1_000 * 2 ** retries));
  }
});

test('a strategy is asked with the number in its own count, and told the delay before of the same count', () => {
  const asked: unknown[] = [];
  const delayFunc = (attempt: number, context: object) => {
    const { previousDelay, previousDraw } = context as Record<string, unknown>;
    asked.push([attempt, previousDelay, previousDraw]);
    return 1;
  };
  const strategy = new CustomStrategy({ delayFunc });
  const options = { strategy, policies: { timeout: { maxRetries: 9 } }, maxRetries: 9 };
  const policy = policyOf(options);
  const counts = {
    retries: 5,
    interruptions: 0,
    streak: 2,
    byCategory: { timeout: { retries: 3, streak: 3 } },
  };
  const timeout = { ...options, classifier: always({ category: 'timeout' }) } as const;
  judged(options, { operation: standing(policy, { counts, wait }) });
  judged(timeout, { operation: standing(policy, { counts, wait }) });
  judged(timeout, {
    operation: standing(policy, { counts, wait: { ...wait, category: 'timeout' } }),
  });
  judged(options, { operation: standing(policy, { counts, wait }), anew: true });
  assert.equal(asked, [
    [3, 300, 0.25],
    [4, undefined, undefined],
    [4, 300, 0.25],
    [1, undefined, undefined],
  ]);
});

test('Retry-After is never undercut, and a longer delay is not shortened to it', () => {
  const after = (retryAfter: number) =>
    judged({ strategy: fixed(500), classifier: always({ retryAfter }) }).verdict;
  assert.equal([after(400).delay, after(400).retryAfter], [500, 400]);
  assert.equal([after(90_000).delay, after(90_000).dueAt], [90_000, NOW + 90_000]);
  assert.equal([after(0).delay, after(0).retryAfter], [500, undefined]);
});

test('Retry-After beyond the longest delay is waited for, or ends the operation, as configured', () => {
  const strategy = new ExponentialBackoffStrategy({ maxDelay: 60_000 });
  const after = (retryAfter: number, longRetryAfter?: 'wait' | 'end') =>
    judged({
      strategy,
      classifier: always({ retryAfter }),
      ...(longRetryAfter === undefined ? {} : { longRetryAfter }),
    }).verdict;
  assert.equal([after(60_001).delay, after(60_001).limit], [60_001, undefined]);
  assert.equal([after(60_001, 'wait').delay, after(60_001, 'wait').limit], [60_001, undefined]);
  assert.equal([after(60_001, 'end').delay, after(60_001, 'end').limit], [60_001, 'retryAfter']);
  assert.is(after(60_000, 'end').limit, undefined);
  const unbounded = new CustomStrategy({ delayFunc: () => 1 });
  const options = { strategy: unbounded, longRetryAfter: 'end' } as const;
  assert.is(
    judged({ ...options, classifier: always({ retryAfter: 1e9 }) }).verdict.limit,
    undefined,
  );
});

test('a retry that would come at the deadline or later is none', () => {
  for (const [totalTimeout, limit] of [
    [1_000, 'totalTimeout'],
    [1_001, undefined],
  ] as const) {
    const { verdict } = judged({ strategy: fixed(1_000), totalTimeout });
    assert.is(verdict.limit, limit);
  }
});

test('without retries left nothing is drawn, asked or paid', () => {
  const never = () => assert.unreachable('it was asked');
  const strategy = new CustomStrategy({ delayFunc: never as never });
  const options = { strategy, maxRetries: 0, totalTimeout: 1, budget: {} };
  const { verdict } = judged(options, { canPay: never as never });
  assert.equal(
    [verdict.retryable, verdict.limit, verdict.delay, verdict.draw, verdict.cost],
    [true, undefined, 0, undefined, undefined],
  );
});

test('a retry costs what its category costs; a budget that cannot pay forbids it', () => {
  const asked: number[] = [];
  const canPay = (answer: boolean) => (cost: number) => asked.push(cost) > 0 && answer;
  const budget = { cost: 3, costs: { timeout: 8 } };
  const timeout = always({ category: 'timeout' });
  const rich = judged({ budget }, { canPay: canPay(true) }).verdict;
  assert.equal([rich.cost, rich.limit], [3, undefined]);
  const poor = judged({ budget, classifier: timeout }, { canPay: canPay(false) }).verdict;
  assert.equal([poor.limit, asked], ['budget', [3, 8]]);
  const waits = judged({ budget: { ...budget, whenEmpty: 'wait' } }, { canPay: canPay(false) });
  assert.equal([waits.verdict.cost, waits.verdict.limit], [3, undefined]);
  const none = judged({ budget: false }, { canPay: canPay(false) }).verdict;
  assert.equal([none.cost, none.limit, asked.length], [undefined, undefined, 2]);
});

test('an operation that began without a budget is not charged by a newer policy', () => {
  const operation = standing(policyOf({}));
  const { verdict } = judged({ budget: {} }, { operation, canPay: () => false });
  assert.equal([verdict.cost, verdict.limit], [undefined, undefined]);
});

test('recordFailure says what counts; one that throws or gives no answer is logged and leaves it to the default', () => {
  const counts = (recordFailure: unknown, category: 'network' | 'validation') => {
    const warned: string[] = [];
    const options = { breakerOptions: { recordFailure }, classifier: always({ category }) };
    const policy = policyOf(options as object, warned);
    const { verdict } = verdictOn(policy, 0, { operation: standing(policy), now: NOW });
    return [verdict.counts, warned.length];
  };
  assert.equal(counts(undefined, 'network'), [true, 0]);
  assert.equal(counts(undefined, 'validation'), [false, 0]);
  assert.equal(
    counts(() => false, 'network'),
    [false, 0],
  );
  assert.equal(
    counts(() => true, 'validation'),
    [true, 0],
  );
  const throwing = () => {
    throw new TypeError('no');
  };
  for (const broken of [throwing, () => undefined, async () => false]) {
    assert.equal(counts(broken, 'network'), [true, 1]);
    assert.equal(counts(broken, 'validation'), [false, 1]);
  }
});

for (const [title, delayFunc] of [
  ['NaN', () => Number.NaN],
  ['-1', () => -1],
  ['Infinity', () => Number.POSITIVE_INFINITY],
  ['an error', () => JSON.parse('{')],
] as const) {
  test(`a strategy that gives ${title}: the attempt's own error is the cause of the ConfigError`, () => {
    const strategy = new CustomStrategy({ name: 'odd', delayFunc });
    const { verdict, error, thrown } = judged({ strategy });
    assert.instance(error, ConfigError);
    assert.is((error as ConfigError).cause, thrown);
    assert.is((error as ConfigError).details.strategy, 'odd');
    assert.equal([verdict.retryable, verdict.counts, verdict.category], [false, true, 'network']);
    assert.ok(verdict.problem);
    if (title === 'an error') assert.match(String((error as ConfigError).details.thrown), 'JSON');
  });
}

test('the 10,000th attempt overflows nothing', () => {
  for (const jitter of ['none', 'full', 'equal', 'decorrelated'] as const) {
    const strategy = new ExponentialBackoffStrategy({ jitter, maxDelay: 60_000 });
    const options = { strategy, maxRetries: 20_000 };
    const counts = { retries: 9_999, interruptions: 0, streak: 9_999 };
    const operation = standing(policyOf(options), { counts, wait });
    const { verdict } = judged(options, { operation });
    assert.ok(Number.isFinite(verdict.delay) && verdict.delay >= 0 && verdict.delay <= 60_000);
    if (jitter === 'none' || jitter === 'decorrelated') assert.is(verdict.delay, 60_000);
  }
});

test('a verdict leaves out what does not apply', () => {
  assert.equal(Object.keys(judged({}).verdict).sort(), [
    'category',
    'counts',
    'delay',
    'dueAt',
    'retryable',
    'rule',
    'strategy',
  ]);
});

test.run();
