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
    whenOpen: 'wait',
    version: 2,
    migrate: data => data,
  });
  validatePolicy('a', { breaker: false });
  validatePolicy('a', { breaker: 'github.com' });
  validatePolicy('a', { timeout: undefined, breaker: undefined } as object);
});

test('a name that is empty, blank or no string is refused', () => {
  for (const name of ['', '  ', undefined, 5, null]) {
    assert.match(refusal(name, {}), /^operation: name must be a string that is not empty, got /);
  }
});

test('an option out of range is refused with operation, option and value', () => {
  for (const [options, message] of [
    [{ maxRetries: -1 }, 'maxRetries must be an integer >= 0, got -1'],
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
