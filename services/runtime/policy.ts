import type { RecoveryConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import type {
  BreakerOptions,
  Classifier,
  OperationOptions,
  RateLimitOptions,
  RecoveryStrategy,
} from '../ports.ts';
import { ExponentialBackoffStrategy } from '../strategies/index.ts';
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
  readonly breaker: BreakerPolicy;
  /** Whether a failure counts for its breaker; the user's function may throw. */
  readonly recordFailure: NonNullable<BreakerOptions['recordFailure']>;
  readonly budget: BudgetPolicy | null;
  readonly rateLimit: Required<RateLimitOptions> | null;
}

/** What the recovery was made with, for definitions that bring none of their own. */
export interface PolicyDefaults {
  readonly strategy: RecoveryStrategy | undefined;
  readonly classifier: Classifier;
}

export function resolvePolicy(
  name: string,
  options: OperationOptions,
  config: RecoveryConfig,
  defaults: PolicyDefaults,
): Policy {
  const { initialDelay, backoffFactor, maxDelay } = config;
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
    limited:
      config.concurrency !== undefined ||
      options.concurrency !== undefined ||
      options.rateLimit !== undefined,
    breakerKey: breakerKeyOf(name, options.breaker),
    breaker: resolveBreaker(options, config),
    recordFailure: resolveRecordFailure(options.breakerOptions),
    budget: resolveBudget(options.budget),
    rateLimit: resolveRateLimit(options.rateLimit),
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
      throw new ConfigError(`breaker of operation "${name}" threw an error`, { cause });
    }
    if (typeof key === 'string' && key !== '') return key;
    throw new ConfigError(
      `breaker of operation "${name}" must give a non-empty string, got ${String(key)}`,
    );
  };
}
