import { type ConfigOptions, type ConfigValues, configSchema, FIELDS } from './config-schema.ts';
import { type Environment, fromEnvironment, variableOf } from './environment.ts';
import { noteProblems } from './option-schemas.ts';
import { Problems } from './problems.ts';

export type { ConfigOptions, RetentionOptions } from './config-schema.ts';
export { validatePolicy } from './policy-schema.ts';

/** The configuration with every gap filled; frozen. Milliseconds, defaults and ranges are those of `ConfigOptions`. */
export interface RecoveryConfig extends ConfigValues {
  /** Grows with each update, from 1. */
  readonly version: number;
}

const DEFAULTS: RecoveryConfig = {
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
};

const OPTION_NAMES = Object.keys(FIELDS);

/**
 * The configuration: options win over the environment, which wins over the defaults.
 * @throws ConfigError that lists every problem of both; `details.problems` holds them as data
 */
export function resolveConfig({
  options = {},
  env = {},
}: {
  readonly options?: ConfigOptions;
  readonly env?: Environment;
} = {}): RecoveryConfig {
  const problems = new Problems();
  const fromEnv = fromEnvironment(env, problems);
  const given = checked(options, problems);
  return finished({ ...DEFAULTS, ...fromEnv, ...given }, problems, option =>
    option in fromEnv && !(option in given) ? variableOf(option) : undefined,
  );
}

/**
 * A configuration with some values changed, and the next version. Where the store is cannot be changed any more.
 * @throws ConfigError that lists every problem; `current` stays as it is in any case
 */
export function updateConfig(current: RecoveryConfig, partial: ConfigOptions): RecoveryConfig {
  const problems = new Problems();
  const given = checked(partial, problems);
  problems.check(
    !('persistencePath' in given),
    'persistencePath',
    given.persistencePath,
    'cannot be changed while the recovery runs',
  );
  return finished({ ...current, ...given, version: current.version + 1 }, problems);
}

/** The options that are set; what is wrong with them is noted. */
function checked(options: ConfigOptions, problems: Problems): Partial<ConfigValues> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    problems.check(false, 'options', options, 'must be an object');
    return {};
  }
  const set: Partial<ConfigValues> = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  noteProblems(problems, configSchema, set, OPTION_NAMES);
  return set;
}

/** @param variableThatSet the environment's variable that an option's value comes from */
function finished(
  config: RecoveryConfig,
  problems: Problems,
  variableThatSet: (option: keyof ConfigValues) => string | undefined = () => undefined,
): RecoveryConfig {
  const { initialDelay, maxDelay } = config;
  if (!problems.has('initialDelay') && !problems.has('maxDelay')) {
    const variable = variableThatSet('maxDelay');
    problems.check(
      maxDelay >= initialDelay,
      variable ?? 'maxDelay',
      maxDelay,
      `must be >= ${variableThatSet('initialDelay') ?? 'initialDelay'} (${initialDelay} ms)`,
      variable ? 'environment' : 'options',
    );
  }
  problems.throwIfAny();
  return Object.freeze({ ...config, retention: Object.freeze({ ...config.retention }) });
}
