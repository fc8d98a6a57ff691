import type { BreakerSettings } from '../../machines/breaker/types.ts';
import { ErrorCategory } from '../../machines/vocabulary.ts';
import type { RecoveryConfig } from '../config.ts';
import type {
  BreakerOptions,
  BudgetOptions,
  OperationOptions,
  RateLimitOptions,
  RecoveryStrategy,
} from '../ports.ts';

/** A definition's part in its breaker, with every gap filled. One object for each version of a policy, so that it is compared by reference. */
export interface BreakerPolicy {
  /** What the chart goes by. */
  readonly settings: BreakerSettings;
  /** Milliseconds that it stays open, or who says how many. */
  readonly openTimeout: number | RecoveryStrategy;
}

/** What retries cost, with every gap filled. */
export interface BudgetPolicy {
  readonly capacity: number;
  readonly costs: Readonly<Record<ErrorCategory, number>>;
  readonly refund: number;
  readonly refillPerSecond: number;
  readonly whenEmpty: 'fail' | 'wait';
}

export function resolveBreaker(
  { breaker, breakerOptions = {} }: OperationOptions,
  config: RecoveryConfig,
): BreakerPolicy {
  const { threshold = config.circuitBreakerThreshold } = breakerOptions;
  const { openTimeout = config.circuitBreakerTimeout } = breakerOptions;
  return {
    settings: {
      threshold: breaker === false ? null : threshold,
      openTimeout: typeof openTimeout === 'number' ? openTimeout : config.circuitBreakerTimeout,
      probeTimeout: breakerOptions.probeTimeout ?? config.probeTimeout,
    },
    openTimeout,
  };
}

/** The caller's own mistakes say nothing about the health of what it calls. */
export const countsByDefault = (category: ErrorCategory): boolean =>
  category !== 'validation' && category !== 'permission';

/**
 * Whether a failure counts. Where a function of the user's throws, or gives no answer, the default decides.
 * @param tell is told what went wrong
 */
export function resolveRecordFailure(
  { recordFailure }: BreakerOptions = {},
  tell: (problem: unknown) => void = () => {},
): NonNullable<BreakerOptions['recordFailure']> {
  if (recordFailure === undefined) return countsByDefault;
  return (category, error) => {
    try {
      const counts: unknown = recordFailure(category, error);
      if (typeof counts === 'boolean') return counts;
      tell(`it gave a value of type ${typeof counts}`);
    } catch (thrown) {
      tell(thrown);
    }
    return countsByDefault(category);
  };
}

const CATEGORIES = Object.values(ErrorCategory);

/**
 * The standard retry quota of the AWS SDKs: 500 tokens, 5 for a retry, twice that after a time-out, 1 back for a success without a retry.
 * Source: https://docs.rs/crate/aws-smithy-runtime/0.57.1/source/src/client/retries/token_bucket.rs
 */
export function resolveBudget(options: BudgetOptions | false = false): BudgetPolicy | null {
  if (options === false) return null;
  const { capacity = 500, refund = 1, refillPerSecond = 0, whenEmpty = 'fail' } = options;
  // What no full bucket could pay would never be tried.
  const { cost = Math.min(5, capacity) } = options;
  const { timeout = Math.min(2 * cost, capacity), ...others } = options.costs ?? {};
  const given: BudgetOptions['costs'] = { timeout, ...others };
  const costs = Object.fromEntries(CATEGORIES.map(name => [name, given[name] ?? cost]));
  return {
    capacity,
    costs: costs as Record<ErrorCategory, number>,
    refund,
    refillPerSecond,
    whenEmpty,
  };
}

export const resolveRateLimit = (options?: RateLimitOptions): Required<RateLimitOptions> | null =>
  options === undefined ? null : { ...options, burst: options.burst ?? options.limit };
