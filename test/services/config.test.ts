import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ConfigOptions, resolveConfig, updateConfig } from '../../services/config.ts';
import { ConfigError } from '../../services/errors.ts';
import type { Problem } from '../../services/problems.ts';

const test = suite('configuration');

function refusal(make: () => unknown): { message: string; problems: readonly Problem[] } {
  try {
    make();
  } catch (error) {
    assert.instance(error, ConfigError);
    const { message, details } = error as ConfigError;
    return { message, problems: details.problems as readonly Problem[] };
  }
  return assert.unreachable('it was let through') as never;
}
const options = (given: object) => () => resolveConfig({ options: given as ConfigOptions });
const env = (given: Record<string, string>) => () => resolveConfig({ env: given });

test('the defaults', () => {
  assert.equal(resolveConfig(), {
    version: 1,
    maxRetries: 3,
    initialDelay: 1_000,
    backoffFactor: 2,
    maxDelay: 60_000,
    circuitBreakerThreshold: 5,
    circuitBreakerTimeout: 300_000,
    maxInterruptions: 10,
    probeTimeout: 60_000,
    maxBreakers: 10_000,
    drainTimeout: 10_000,
    persistencePath: undefined,
    retention: {},
    whenOpen: 'fail',
    timeout: undefined,
    totalTimeout: undefined,
    concurrency: undefined,
    maxPending: undefined,
  });
});

test('the result is frozen, and shares nothing with what it was made of', () => {
  const retention = { success: 5 };
  const config = resolveConfig({ options: { retention } });
  retention.success = 6;
  assert.is(config.retention.success, 5);
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.retention));
});

test('the environment wins over the defaults; a bare duration is seconds', () => {
  const config = resolveConfig({
    env: {
      RECOVERY_MAX_RETRIES: '7',
      RECOVERY_INITIAL_DELAY: '2.0',
      RECOVERY_BACKOFF_FACTOR: '1.5',
      RECOVERY_MAX_DELAY: '5m',
      RECOVERY_CIRCUIT_BREAKER_THRESHOLD: '1',
      RECOVERY_CIRCUIT_BREAKER_TIMEOUT: '1h',
      RECOVERY_PERSISTENCE_PATH: ' /tmp/x.db ',
      RECOVERY_CONCURRENCY: '8',
      RECOVERY_MAX_PENDING: '0',
      PATH: '/bin',
    },
  });
  assert.is(config.maxRetries, 7);
  assert.is(config.initialDelay, 2_000);
  assert.is(config.backoffFactor, 1.5);
  assert.is(config.maxDelay, 300_000);
  assert.is(config.circuitBreakerThreshold, 1);
  assert.is(config.circuitBreakerTimeout, 3_600_000);
  assert.is(config.persistencePath, '/tmp/x.db');
  assert.equal([config.concurrency, config.maxPending], [8, 0]);
});

test('durations of the environment are read in every unit', () => {
  for (const [text, milliseconds] of [
    ['0', 0],
    ['2', 2_000],
    ['2.0', 2_000],
    ['.5', 500],
    ['0.001', 1],
    ['1.001', 1_001],
    ['500ms', 500],
    ['500 ms', 500],
    ['2s', 2_000],
    ['2S', 2_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ] as const) {
    const config = resolveConfig({ env: { RECOVERY_CIRCUIT_BREAKER_TIMEOUT: text } });
    assert.is(config.circuitBreakerTimeout, milliseconds, text);
  }
});

test('a variable that is empty or blank counts as not set', () => {
  const config = resolveConfig({ env: { RECOVERY_MAX_RETRIES: '', RECOVERY_MAX_DELAY: '  ' } });
  assert.equal([config.maxRetries, config.maxDelay], [3, 60_000]);
});

test('options win over the environment; undefined counts as left out', () => {
  const variables = { RECOVERY_MAX_RETRIES: '7', RECOVERY_INITIAL_DELAY: '2' };
  const config = resolveConfig({
    options: { maxRetries: 0, initialDelay: undefined, timeout: undefined },
    env: variables,
  });
  assert.equal([config.maxRetries, config.initialDelay, config.timeout], [0, 2_000, undefined]);
});

test('a value out of range is refused with option and value', () => {
  for (const [given, message] of [
    [{ maxRetries: -1 }, 'maxRetries must be an integer >= 0, got -1'],
    [{ maxRetries: 1.5 }, 'maxRetries must be an integer >= 0, got 1.5'],
    [{ maxRetries: Number.NaN }, 'maxRetries must be an integer >= 0, got NaN'],
    [{ maxRetries: '3' }, 'maxRetries must be an integer >= 0, got "3"'],
    [{ maxRetries: null }, 'maxRetries must be an integer >= 0, got null'],
    [{ backoffFactor: 0.5 }, 'backoffFactor must be a finite number >= 1, got 0.5'],
    [{ circuitBreakerThreshold: 0 }, 'circuitBreakerThreshold must be an integer >= 1, got 0'],
    [
      { maxDelay: Number.POSITIVE_INFINITY },
      'maxDelay must be a number of milliseconds from 0 to 3155760000000, got Infinity',
    ],
    [{ timeout: 0 }, 'timeout must be a number of milliseconds > 0, up to 3155760000000, got 0'],
    [{ concurrency: 0 }, 'concurrency must be an integer >= 1, got 0'],
    [{ maxPending: -1 }, 'maxPending must be an integer >= 0, got -1'],
    [{ whenOpen: 'never' }, `whenOpen must be 'fail' or 'wait', got "never"`],
    [{ persistencePath: '' }, 'persistencePath must be a string that is not empty, got ""'],
    [{ retention: 5 }, 'retention must be an object, got 5'],
    [{ retention: { maxRows: -1 } }, 'retention.maxRows must be an integer >= 0, got -1'],
    [{ retention: { sucess: 1 } }, 'retention.sucess is not an option, got 1'],
    [{ maxRetrys: 5 }, 'maxRetrys is not an option (did you mean maxRetries?), got 5'],
    [
      { drainTimeout: () => 1 },
      'drainTimeout must be a number of milliseconds from 0 to 3155760000000, got a function',
    ],
    [{ maxDelay: 10 }, 'maxDelay must be >= initialDelay (1000 ms), got 10'],
    [{ initialDelay: 90_000 }, 'maxDelay must be >= initialDelay (90000 ms), got 60000'],
  ] as const) {
    assert.is(refusal(options(given)).message, message);
  }
  assert.match(refusal(options([])).message, /^options must be an object, got an array$/);
  assert.match(
    refusal(() => resolveConfig({ options: null as never })).message,
    /^options must be/,
  );
});

test('a variable that cannot be used is refused with its name', () => {
  for (const [given, message] of [
    [{ RECOVERY_MAX_RETRIES: 'abc' }, 'RECOVERY_MAX_RETRIES must be an integer >= 0, got "abc"'],
    [{ RECOVERY_MAX_RETRIES: '-1' }, 'RECOVERY_MAX_RETRIES must be an integer >= 0, got "-1"'],
    [{ RECOVERY_MAX_RETRIES: '0x10' }, 'RECOVERY_MAX_RETRIES must be an integer >= 0, got "0x10"'],
    [
      { RECOVERY_MAX_DELAY: '5 parsecs' },
      'RECOVERY_MAX_DELAY must be a duration: seconds such as 2.0, or 500ms, 2s, 5m, 1h, up to 100 years, got "5 parsecs"',
    ],
    [
      { RECOVERY_MAX_RETRYS: '5' },
      'RECOVERY_MAX_RETRYS is not a variable that is read (did you mean RECOVERY_MAX_RETRIES?), got "5"',
    ],
    [
      { RECOVERY_MAX_DELY: '5' },
      'RECOVERY_MAX_DELY is not a variable that is read (did you mean RECOVERY_MAX_DELAY?), got "5"',
    ],
    [
      { RECOVERY_MAX_DELAY: '0.5' },
      'RECOVERY_MAX_DELAY must be >= initialDelay (1000 ms), got 500',
    ],
    [
      { RECOVERY_INITIAL_DELAY: '2m' },
      'maxDelay must be >= RECOVERY_INITIAL_DELAY (120000 ms), got 60000',
    ],
  ] as const) {
    assert.is(refusal(env(given)).message, message);
  }
  const long = refusal(env({ RECOVERY_MAX_DELAY: '-5' }));
  assert.is(long.problems[0]?.source, 'environment');
  refusal(env({ RECOVERY_MAX_DELAY: '101000d' }));
});

test('variables of other programs are left alone, though they begin like ours', () => {
  const others = {
    RECOVERY_SERVICE_HOST: '10.0.0.7',
    RECOVERY_SERVICE_PORT: '80',
    RECOVERY_PORT_80_TCP_ADDR: '10.0.0.7',
    RECOVERY_toString: '1',
    RECOVERY_MODE: '1',
    RECOVERY_MAX_SIZE: '1',
    RECOVERY_INITIAL_STATE: '1',
  };
  assert.is(resolveConfig({ env: others }).maxRetries, 3);
});

test('all problems of options and environment stand in one error', () => {
  const { message, problems } = refusal(() =>
    resolveConfig({
      options: { maxRetries: -1, maxDelay: Number.NaN, ...{ bogus: 1n } },
      env: { RECOVERY_BACKOFF_FACTOR: 'two', RECOVERY_MAX_RETRIES: 'x' },
    }),
  );
  assert.equal(
    problems.map(({ option, value, source }) => [option, value, source]),
    [
      ['RECOVERY_BACKOFF_FACTOR', 'two', 'environment'],
      ['RECOVERY_MAX_RETRIES', 'x', 'environment'],
      ['maxRetries', -1, 'options'],
      ['maxDelay', 'NaN', 'options'],
      ['bogus', '1', 'options'],
    ],
  );
  assert.equal(problems[2]?.problem, 'must be an integer >= 0');
  for (const { option } of problems) assert.ok(message.includes(option));
  assert.equal(JSON.parse(JSON.stringify(problems)), problems);
});

test('an update changes what it names and counts the version up', () => {
  const before = resolveConfig({ options: { maxRetries: 1, retention: { success: 5 } } });
  const after = updateConfig(before, { maxRetries: 2, initialDelay: undefined });
  assert.equal({ ...after }, { ...before, maxRetries: 2, version: 2 });
  assert.is(before.maxRetries, 1);
  assert.ok(Object.isFrozen(after));
  const replaced = updateConfig(after, { retention: { maxRows: 1 } });
  assert.equal(replaced.retention, { maxRows: 1 });
  assert.is(replaced.version, 3);
});

test('an update is checked like the first configuration, and against it', () => {
  const before = resolveConfig();
  const update = (partial: object) => refusal(() => updateConfig(before, partial)).message;
  assert.is(update({ maxRetries: -1 }), 'maxRetries must be an integer >= 0, got -1');
  assert.is(update({ maxDelay: 10 }), 'maxDelay must be >= initialDelay (1000 ms), got 10');
  assert.match(update({ version: 9 }), /^version is not an option, got 9$/);
  assert.match(update({ persistencePath: 'x' }), /^persistencePath cannot be changed while/);
  assert.match(update(null as never), /^options must be an object, got null$/);
});

test.run();
