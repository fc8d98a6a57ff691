import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { validatePolicy } from '../../services/config.ts';
import { ConfigError } from '../../services/errors.ts';
import { FixedDelayStrategy } from '../../services/strategies/index.ts';

const test = suite('options of a definition');

function refusal(name: unknown, options: unknown): string {
  try {
    validatePolicy(name as string, options as object);
  } catch (error) {
    assert.instance(error, ConfigError);
    return (error as ConfigError).message;
  }
  return assert.unreachable('it was let through') as never;
}

test('every option is accepted where it is in range', () => {
  validatePolicy('a', {});
  validatePolicy('a', {
    maxRetries: 0,
    maxInterruptions: 0,
    timeout: 0.5,
    totalTimeout: 1e6,
    strategy: new FixedDelayStrategy({ delay: 1 }),
    classifier: {
      classify: () => 'unknown',
      shouldRetry: () => true,
      explain: () => ({ category: 'unknown', retryable: true, rule: 'mine' }),
    },
    breaker: (input: string) => input,
    breakerOptions: { threshold: 1, openTimeout: 0, probeTimeout: 1 },
    budget: {
      capacity: 0.5,
      cost: 0,
      costs: { network: 0, unknown: 0.5 },
      refund: 0,
      refillPerSecond: 0.1,
      whenEmpty: 'wait',
    },
    rateLimit: { limit: 1, interval: 0.5, burst: 9 },
    whenOpen: 'wait',
    concurrency: 1,
    keyConcurrency: 1,
    maxPending: 0,
    version: 2,
    migrate: data => data,
  });
  for (const breakerOptions of [
    {
      kind: 'consecutive',
      threshold: 1,
      openTimeout: new FixedDelayStrategy({ delay: 1 }),
      permits: 1000,
      successes: 1000,
      recordFailure: () => true,
      mode: 'metrics_only',
    },
    {
      kind: 'count',
      failureRatio: 1,
      size: 10_000,
      minimumCalls: 10_000,
      slowCallDuration: 0.5,
      slowCallRatio: 0.01,
    },
    { kind: 'time', failureRatio: 0.01, duration: 0.5, buckets: 100, minimumCalls: 1 },
    { kind: 'time', minimumCalls: 1e6 },
  ] as const) {
    validatePolicy('a', { breakerOptions });
  }
  validatePolicy('a', { budget: false });
  validatePolicy('a', { breaker: false });
  validatePolicy('a', { breaker: 'github.com' });
  validatePolicy('a', { timeout: undefined, breaker: undefined } as object);
});

test('a name that is empty, blank or no string is refused', () => {
  for (const name of ['', '  ', undefined, 5, null]) {
    assert.match(refusal(name, {}), /^operation: name must be a string that is not empty, got /);
  }
});

const LIMIT = 'must be a number of milliseconds > 0, up to 3155760000000';
const RATIO = 'must be a number above 0, up to 1';

const refusedBreakerOptions = [
  [{ kind: 'ratio' }, `kind must be 'consecutive' or 'count' or 'time', got "ratio"`],
  [{ kind: 'count', failureRatio: 0 }, `failureRatio ${RATIO}, got 0`],
  [{ kind: 'time', failureRatio: 1.01 }, `failureRatio ${RATIO}, got 1.01`],
  [{ kind: 'count', size: 10_001 }, 'size must be an integer from 1 to 10000, got 10001'],
  [{ kind: 'count', size: 0 }, 'size must be an integer from 1 to 10000, got 0'],
  [{ kind: 'time', duration: 0 }, `duration ${LIMIT}, got 0`],
  [{ kind: 'time', buckets: 101 }, 'buckets must be an integer from 1 to 100, got 101'],
  [{ kind: 'time', minimumCalls: 0 }, 'minimumCalls must be an integer >= 1, got 0'],
  [{ kind: 'time', slowCallDuration: 0 }, `slowCallDuration ${LIMIT}, got 0`],
  [
    { kind: 'time', slowCallDuration: 1, slowCallRatio: Number.NaN },
    `slowCallRatio ${RATIO}, got NaN`,
  ],
  [
    { openTimeout: -1 },
    'openTimeout must be a number of milliseconds from 0 to 3155760000000, or a strategy: an object with calculateDelay, got -1',
  ],
  [
    { openTimeout: {} },
    'openTimeout must be a number of milliseconds from 0 to 3155760000000, or a strategy: an object with calculateDelay, got an object',
  ],
  [{ permits: 0 }, 'permits must be an integer from 1 to 1000, got 0'],
  [{ permits: 1001 }, 'permits must be an integer from 1 to 1000, got 1001'],
  [{ successes: 0 }, 'successes must be an integer >= 1, got 0'],
  [{ recordFailure: true }, 'recordFailure must be a function, got true'],
  [{ mode: 'off' }, `mode must be 'enforce' or 'metrics_only', got "off"`],
  // In range, but not together.
  [{ successes: 2 }, 'successes must be at most permits (1), got 2'],
  [{ permits: 3, successes: 4 }, 'successes must be at most permits (3), got 4'],
  [{ kind: 'count', size: 5, minimumCalls: 6 }, 'minimumCalls must be at most size (5), got 6'],
  [{ kind: 'count', minimumCalls: 101 }, 'minimumCalls must be at most size (100), got 101'],
  [{ kind: 'time', slowCallRatio: 0.5 }, 'slowCallRatio needs slowCallDuration, got 0.5'],
  [{ kind: 'time', threshold: 5 }, `threshold needs kind 'consecutive', got 5`],
  [{ failureRatio: 0.5 }, `failureRatio needs kind 'count' or 'time', got 0.5`],
  [{ kind: 'time', size: 5 }, `size needs kind 'count', got 5`],
  [{ kind: 'count', duration: 5 }, `duration needs kind 'time', got 5`],
  [{ kind: 'count', buckets: 5 }, `buckets needs kind 'time', got 5`],
  [{ minimumCalls: 5 }, `minimumCalls needs kind 'count' or 'time', got 5`],
  [{ slowCallDuration: 5 }, `slowCallDuration needs kind 'count' or 'time', got 5`],
] as const;

test('an option out of range is refused with operation, option and value', () => {
  for (const [options, message] of [
    [{ maxRetries: -1 }, 'maxRetries must be an integer >= 0, got -1'],
    [{ resetAfter: 0 }, `resetAfter ${LIMIT}, got 0`],
    [{ resetAfter: Number.POSITIVE_INFINITY }, `resetAfter ${LIMIT}, got Infinity`],
    [
      { hedgeAfter: -1 },
      'hedgeAfter must be a number of milliseconds from 0 to 3155760000000, got -1',
    ],
    [
      { hedgeAfter: 'soon' },
      'hedgeAfter must be a number of milliseconds from 0 to 3155760000000, got "soon"',
    ],
    [{ longRetryAfter: 'never' }, `longRetryAfter must be 'wait' or 'end', got "never"`],
    [{ fallback: 'cached' }, 'fallback must be a function, got "cached"'],
    [{ policies: [] }, 'policies must be an object, got an array'],
    [{ policies: { slow: {} } }, 'policies.slow is not an option, got an object'],
    [{ policies: { timeout: 3 } }, 'policies.timeout must be an object, got 3'],
    [
      { policies: { timeout: { maxRetries: -1 } } },
      'policies.timeout.maxRetries must be an integer >= 0, got -1',
    ],
    [
      { policies: { network: { strategy: {} } } },
      'policies.network.strategy must be a strategy: an object with calculateDelay, got an object',
    ],
    [
      { policies: { network: { maxRetires: 1 } } },
      'policies.network.maxRetires is not an option, got 1',
    ],
    [{ concurrency: 0 }, 'concurrency must be an integer >= 1, got 0'],
    [{ keyConcurrency: 0 }, 'keyConcurrency must be an integer >= 1, got 0'],
    [{ maxPending: 0.5 }, 'maxPending must be an integer >= 0, got 0.5'],
    [{ maxInterruptions: 0.5 }, 'maxInterruptions must be an integer >= 0, got 0.5'],
    [{ timeout: 0 }, 'timeout must be a number of milliseconds > 0, up to 3155760000000, got 0'],
    [
      { totalTimeout: Number.NaN },
      'totalTimeout must be a number of milliseconds > 0, up to 3155760000000, got NaN',
    ],
    [{ strategy: {} }, 'strategy must be a strategy: an object with calculateDelay, got an object'],
    [
      { strategy: () => 5 },
      'strategy must be a strategy: an object with calculateDelay, got a function',
    ],
    [
      { classifier: { classify() {} } },
      'classifier must be a classifier: an object with classify, shouldRetry, explain, got an object',
    ],
    [
      { breaker: '' },
      'breaker must be a string that is not empty, false, or a function of the input, got ""',
    ],
    [
      { breaker: true },
      'breaker must be a string that is not empty, false, or a function of the input, got true',
    ],
    [
      { breakerOptions: { threshold: 0 } },
      'breakerOptions.threshold must be an integer >= 1, got 0',
    ],
    [
      { breakerOptions: { probeTimeout: 0 } },
      'breakerOptions.probeTimeout must be a number of milliseconds > 0, up to 3155760000000, got 0',
    ],
    [{ breakerOptions: { treshold: 1 } }, 'breakerOptions.treshold is not an option, got 1'],
    ...refusedBreakerOptions.map(
      ([options, message]) => [{ breakerOptions: options }, `breakerOptions.${message}`] as const,
    ),
    [{ budget: true }, 'budget must be an object or false, got true'],
    [{ budget: { capacity: 0 } }, 'budget.capacity must be a finite number > 0, got 0'],
    [{ budget: { cost: -1 } }, 'budget.cost must be a finite number >= 0, got -1'],
    [{ budget: { refund: Number.NaN } }, 'budget.refund must be a finite number >= 0, got NaN'],
    [
      { budget: { refillPerSecond: Number.POSITIVE_INFINITY } },
      'budget.refillPerSecond must be a finite number >= 0, got Infinity',
    ],
    [{ budget: { whenEmpty: 'stop' } }, `budget.whenEmpty must be 'fail' or 'wait', got "stop"`],
    [
      { budget: { costs: { timeout: -1 } } },
      'budget.costs.timeout must be a finite number >= 0, got -1',
    ],
    [{ budget: { costs: { slow: 1 } } }, 'budget.costs.slow is not an option, got 1'],
    [{ budget: { tokens: 1 } }, 'budget.tokens is not an option, got 1'],
    [
      { budget: { capacity: 4, cost: 5, costs: { network: 4, timeout: 6 } } },
      'budget.cost must be at most capacity (4), got 5; budget.costs.timeout must be at most capacity (4), got 6',
    ],
    [{ rateLimit: 5 }, 'rateLimit must be an object with limit and interval, got 5'],
    [
      { rateLimit: {} },
      'rateLimit.limit must be an integer >= 1, got undefined; rateLimit.interval must be a number of milliseconds > 0, up to 3155760000000, got undefined',
    ],
    [{ rateLimit: { limit: 0, interval: 1 } }, 'rateLimit.limit must be an integer >= 1, got 0'],
    [
      { rateLimit: { limit: 1, interval: 1, burst: 0.5 } },
      'rateLimit.burst must be an integer >= 1, got 0.5',
    ],
    [{ whenOpen: 'maybe' }, `whenOpen must be 'fail' or 'wait', got "maybe"`],
    [{ version: 0 }, 'version must be an integer >= 1, got 0'],
    [{ migrate: 'x' }, 'migrate must be a function, got "x"'],
    [{ retries: 5 }, 'retries is not an option (did you mean maxRetries?), got 5'],
    [{ maxRetry: 5 }, 'maxRetry is not an option (did you mean maxRetries?), got 5'],
    [null, 'options must be an object, got null'],
    ['x', 'options must be an object, got "x"'],
  ] as const) {
    assert.is(refusal('install', options), `operation "install": ${message}`);
  }
});

test('all problems stand in one error', () => {
  assert.is(
    refusal('', { maxRetries: -1, version: 0 }),
    'operation: name must be a string that is not empty, got ""; maxRetries must be an integer >= 0, got -1; version must be an integer >= 1, got 0',
  );
});

test.run();
