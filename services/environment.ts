import { type ConfigValues, FIELDS } from './config-schema.ts';
import { parseDuration } from './duration.ts';
import { type Problems, suggestion } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  readonly option: keyof ConfigValues;
  readonly kind: 'number' | 'duration' | 'text';
}

const PREFIX = 'RECOVERY_';

/** Every variable that is read. */
const VARIABLES: Readonly<Record<string, Variable>> = {
  RECOVERY_MAX_RETRIES: { option: 'maxRetries', kind: 'number' },
  RECOVERY_INITIAL_DELAY: { option: 'initialDelay', kind: 'duration' },
  RECOVERY_BACKOFF_FACTOR: { option: 'backoffFactor', kind: 'number' },
  RECOVERY_MAX_DELAY: { option: 'maxDelay', kind: 'duration' },
  RECOVERY_CIRCUIT_BREAKER_THRESHOLD: { option: 'circuitBreakerThreshold', kind: 'number' },
  RECOVERY_CIRCUIT_BREAKER_TIMEOUT: { option: 'circuitBreakerTimeout', kind: 'duration' },
  RECOVERY_CONCURRENCY: { option: 'concurrency', kind: 'number' },
  RECOVERY_MAX_PENDING: { option: 'maxPending', kind: 'number' },
  RECOVERY_PERSISTENCE_PATH: { option: 'persistencePath', kind: 'text' },
};

/** What follows the prefix: it says nothing of how alike two names are. */
const NAMES = Object.keys(VARIABLES).map(name => name.slice(PREFIX.length));

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const DURATION_FORM =
  'must be a duration: seconds such as 2.0, or 500ms, 2s, 5m, 1h, up to 100 years';

/**
 * The options that the environment sets. A variable that is empty counts as not set. One that begins with `RECOVERY_` and is nearly one
 * of ours is a problem, since it is misspelt; any other belongs to somebody else (Kubernetes gives each container
 * `RECOVERY_SERVICE_HOST` beside a service of that name).
 */
export function fromEnvironment(env: Environment, problems: Problems): Partial<ConfigValues> {
  const options: Record<string, unknown> = {};
  for (const [name, raw] of Object.entries(env)) {
    const text = raw?.trim() ?? '';
    if (!name.startsWith(PREFIX) || text === '') continue;
    const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
    if (!variable) {
      const meant = suggestion(name.slice(PREFIX.length), NAMES, PREFIX);
      if (meant !== '') {
        problems.check(false, name, text, `is not a variable that is read${meant}`, 'environment');
      }
      continue;
    }
    const value = parsed(variable, text);
    const { success, error } = FIELDS[variable.option].safeParse(value);
    const [issue] = error?.issues ?? [];
    const sentence =
      variable.kind === 'duration' ? DURATION_FORM : (issue?.message ?? 'cannot be used');
    if (problems.check(success, name, text, sentence, 'environment')) {
      options[variable.option] = value;
    }
  }
  return options;
}

/** The variable that sets an option, where there is one. */
export function variableOf(option: keyof ConfigValues): string | undefined {
  return Object.keys(VARIABLES).find(name => VARIABLES[name]?.option === option);
}

function parsed({ kind }: Variable, text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'duration':
      return parseDuration(text);
    case 'number':
      return DECIMAL.test(text) ? Number(text) : Number.NaN;
  }
}
