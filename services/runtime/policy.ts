import type { OperationPolicy } from '../../machines/operation/types.ts';
import type { RecoveryConfig } from '../config.ts';
import { ConfigError, ValidationError } from '../errors.ts';
import type {
  BreakerOptions,
  Classifier,
  ErrorCategory,
  Logger,
  OperationOptions,
  RateLimitOptions,
  RecoveryStrategy,
} from '../ports.ts';
import { ExponentialBackoffStrategy } from '../strategies/index.ts';
import { ILL_FORMED, isWellFormed } from '../well-formed.ts';
import {
  type BreakerPolicy,
  type BudgetPolicy,
  resolveBreaker,
  resolveBudget,
  resolveRateLimit,
  resolveRecordFailure,
} from './breaker-policy.ts';

/** A definition's policy with every gap filled from the configuration; fixed for the operations that begin under it. */
export interface Policy {
  /** Version of the configuration that it was made of. */
  readonly configVersion: number;
  readonly maxRetries: number;
  readonly maxInterruptions: number;
  readonly timeout: number | undefined;
  readonly totalTimeout: number | undefined;
  readonly strategy: RecoveryStrategy;
  readonly classifier: Classifier;
  readonly whenOpen: 'fail' | 'wait';
  /** Its operations need slots; without, they begin when they are due. */
  readonly limited: boolean;
  readonly breakerKey: (input: unknown) => string;
  readonly lock: (input: unknown) => string | undefined;
  readonly breaker: BreakerPolicy;
  /** Whether a failure counts for its breaker; the user's function may throw. */
  readonly recordFailure: NonNullable<BreakerOptions['recordFailure']>;
  /** Strategies of categories that have one of their own. */
  readonly strategies: { readonly [Category in ErrorCategory]?: RecoveryStrategy };
  /** Milliseconds of healthy progress after which the backoff begins anew. */
  readonly resetAfter: number | undefined;
  readonly longRetryAfter: 'wait' | 'end';
  readonly fallback: OperationOptions['fallback'];
  /** Functions that take back what was registered, by name. */
  readonly undo: NonNullable<OperationOptions['undo']>;
  /** Milliseconds after which an attempt's function is called a second time; undefined where its time is up by then. */
  readonly hedgeAfter: number | undefined;
  /** Its breaker wants to know how long calls take. */
  readonly timed: boolean;
  readonly budget: BudgetPolicy | null;
  /** What the chart needs to know of all this, where it is not the default. */
  readonly particulars: Partial<OperationPolicy>;
  readonly rateLimit: Required<RateLimitOptions> | null;
}

/** What the recovery was made with, for definitions that bring none of their own. */
export interface PolicyDefaults {
  readonly strategy: RecoveryStrategy | undefined;
  readonly classifier: Classifier;
  readonly logger: Logger;
}

export function resolvePolicy(
  name: string,
  options: OperationOptions,
  config: RecoveryConfig,
  defaults: PolicyDefaults,
): Policy {
  const { initialDelay, backoffFactor, maxDelay } = config;
  const budget = resolveBudget(options.budget);
  const limited =
    config.concurrency !== undefined ||
    options.concurrency !== undefined ||
    options.keyConcurrency !== undefined ||
    options.rateLimit !== undefined;
  return {
    configVersion: config.version,
    maxRetries: options.maxRetries ?? config.maxRetries,
    maxInterruptions: options.maxInterruptions ?? config.maxInterruptions,
    timeout: options.timeout ?? config.timeout,
    totalTimeout: options.totalTimeout ?? config.totalTimeout,
    strategy:
      options.strategy ??
      defaults.strategy ??
      new ExponentialBackoffStrategy({ initialDelay, backoffFactor, maxDelay }),
    classifier: options.classifier ?? defaults.classifier,
    whenOpen: options.whenOpen ?? config.whenOpen,
    limited,
    breakerKey: breakerKeyOf(name, options.breaker),
    lock: lockOf(name, options.lock),
    breaker: resolveBreaker(options, config),
    recordFailure: resolveRecordFailure(options.breakerOptions, err =>
      defaults.logger.warn({ err, function_name: name }, 'recordFailure is broken'),
    ),
    strategies: strategiesOf(options),
    resetAfter: options.resetAfter,
    longRetryAfter: options.longRetryAfter ?? 'wait',
    fallback: options.fallback,
    undo: options.undo ?? NO_UNDO,
    hedgeAfter: hedgeAfterOf(options, options.timeout ?? config.timeout),
    timed: options.breakerOptions?.slowCallDuration !== undefined,
    budget,
    particulars: particularsOf(options, budget, limited),
    rateLimit: resolveRateLimit(options.rateLimit),
  };
}

/**
 * The chart's part of a policy, for an operation that begins now.
 * @param bound a deadline that it was handed down
 */
export function operationPolicy(
  policy: Policy,
  seed: number,
  now: number,
  bound = Number.POSITIVE_INFINITY,
  lock?: string,
): OperationPolicy {
  const { maxRetries, maxInterruptions, whenOpen, totalTimeout } = policy;
  const own = totalTimeout === undefined ? Number.POSITIVE_INFINITY : now + totalTimeout;
  const end = Math.min(own, bound);
  const deadline = end === Number.POSITIVE_INFINITY ? null : end;
  const whole = { maxRetries, maxInterruptions, whenOpen, deadline, seed, ...policy.particulars };
  return lock === undefined ? whole : { ...whole, lock };
}

const hedgeAfterOf = (
  { hedgeAfter = Number.POSITIVE_INFINITY }: OperationOptions,
  timeout = Number.POSITIVE_INFINITY,
) => (hedgeAfter < timeout ? hedgeAfter : undefined);

function strategiesOf({ policies = {} }: OperationOptions): Policy['strategies'] {
  const given = Object.entries(policies).filter(([, own]) => own?.strategy !== undefined);
  return Object.fromEntries(given.map(([category, own]) => [category, own?.strategy]));
}

function particularsOf(
  { policies = {}, fallback, undo, undoRetries = DEFAULT_UNDO_RETRIES }: OperationOptions,
  budget: BudgetPolicy | null,
  limited: boolean,
): Partial<OperationPolicy> {
  const bounded = Object.entries(policies).filter(([, own]) => own?.maxRetries !== undefined);
  const byCategory = Object.fromEntries(bounded.map(([name, own]) => [name, own?.maxRetries]));
  return {
    ...(bounded.length === 0 ? {} : { byCategory: byCategory as Record<string, number> }),
    ...(limited ? { limited } : {}),
    ...(fallback === undefined ? {} : { fallback: true }),
    ...(undo === undefined ? {} : { undoRetries }),
    ...(budget === null ? {} : { budget: { whenEmpty: budget.whenEmpty, refund: budget.refund } }),
  };
}

const DEFAULT_UNDO_RETRIES = 3;
const NO_UNDO = Object.freeze({});

const MAX_LOCK_LENGTH = 1_000;
const NO_LOCK = () => undefined;

function lockOf(name: string, lock: OperationOptions['lock']): Policy['lock'] {
  if (lock === undefined) return NO_LOCK;
  return input => {
    let key: unknown;
    try {
      key = lock(input);
    } catch (cause) {
      throw new ConfigError(`lock of operation "${name}" threw an error`, { cause });
    }
    if (key === undefined) return undefined;
    if (typeof key === 'string' && key !== '' && key.length <= MAX_LOCK_LENGTH) return key;
    const got = typeof key === 'string' ? `one of ${key.length}` : String(key);
    throw new ConfigError(
      `lock of operation "${name}" must give a string of 1 to ${MAX_LOCK_LENGTH} characters or undefined, got ${got}`,
    );
  };
}

function breakerKeyOf(
  name: string,
  breaker: OperationOptions['breaker'],
): (input: unknown) => string {
  if (typeof breaker !== 'function') {
    // Definitions without a breaker share no key with those that have one, since settings belong to the key.
    const key = breaker === false ? `${name} (no breaker)` : (breaker ?? name);
    return () => key;
  }
  return input => {
    let key: unknown;
    try {
      key = breaker(input);
    } catch (cause) {
      // Its way to say that the input is of no use: then nothing of it is stored.
      if (cause instanceof ValidationError) throw cause;
      throw new ConfigError(`breaker of operation "${name}" threw an error`, { cause });
    }
    if (typeof key === 'string' && !isWellFormed(key)) {
      throw new ConfigError(`what breaker of operation "${name}" gives ${ILL_FORMED}`);
    }
    if (typeof key === 'string' && key !== '') return key;
    throw new ConfigError(
      `breaker of operation "${name}" must give a non-empty string, got ${String(key)}`,
    );
  };
}
