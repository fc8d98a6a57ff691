import type { BreakerSettings } from '../../machines/breaker/types.ts';
import type { WindowSettings } from '../../machines/breaker/window-types.ts';
import { ErrorCategory } from '../../machines/vocabulary.ts';
import type { RecoveryConfig } from '../config.ts';
import type {
  BreakerOptions,
  BudgetOptions,
  OperationOptions,
  RateLimitOptions,
} from '../ports.ts';
import type { OpenTimePolicy } from './open-times.ts';

/** A definition's part in its breaker, with every gap filled. One object for each version of a policy, so that it is compared by reference. */
export interface BreakerPolicy extends OpenTimePolicy {
  /** What the chart goes by. */
  readonly settings: BreakerSettings;
}

/** What retries cost, with every gap filled. */
export interface BudgetPolicy {
  readonly capacity: number;
  readonly costs: Readonly<Record<ErrorCategory, number>>;
  readonly refund: number;
  readonly refillPerSecond: number;
  readonly whenEmpty: 'fail' | 'wait';
}

export function resolveBreaker(options: OperationOptions, config: RecoveryConfig): BreakerPolicy {
  const { breakerOptions = {}, budget = false, rateLimit } = options;
  const { openTimeout = config.circuitBreakerTimeout } = breakerOptions;
  const { permits = 1, successes = permits, mode = 'enforce' } = breakerOptions;
  const bucket = resolveBudget(budget);
  return {
    settings: {
      version: config.version,
      mode,
      window: options.breaker === false ? NEVER : windowOf(breakerOptions, config),
      probeTimeout: breakerOptions.probeTimeout ?? config.probeTimeout,
      permits,
      successes,
      budget:
        bucket === null
          ? null
          : { capacity: bucket.capacity, refillPerSecond: bucket.refillPerSecond },
      rate: resolveRateLimit(rateLimit),
    },
    openTimeout,
    fallback: typeof openTimeout === 'number' ? openTimeout : config.circuitBreakerTimeout,
  };
}

/** For definitions without a breaker: a key's budget and rate need one all the same. */
const NEVER: WindowSettings = { kind: 'consecutive', threshold: null };

function windowOf(options: BreakerOptions, config: RecoveryConfig): WindowSettings {
  const { kind = 'consecutive', threshold = config.circuitBreakerThreshold, size = 100 } = options;
  if (kind === 'consecutive') return { kind, threshold };
  const ratios = {
    failureRatio: options.failureRatio ?? 0.5,
    minimumCalls: options.minimumCalls ?? (kind === 'count' ? Math.min(10, size) : 10),
    slowCallDuration: options.slowCallDuration ?? null,
    slowCallRatio: options.slowCallRatio ?? 1,
  };
  if (kind === 'count') return { kind, size, ...ratios };
  return { kind, duration: options.duration ?? 60_000, buckets: options.buckets ?? 10, ...ratios };
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
  const { capacity = 500, refund = 1, whenEmpty = 'fail' } = options;
  // Where all wait, nobody succeeds and gives tokens back: only the clock gets them going again.
  const { refillPerSecond = whenEmpty === 'wait' ? 1 : 0 } = options;
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
