import fc from 'fast-check';
import type { OperationOptions, RecoveryStrategy } from '../../../../services/ports.ts';
import {
  CustomStrategy,
  ExponentialBackoffStrategy,
  FixedDelayStrategy,
  LinearBackoffStrategy,
} from '../../../../services/strategies/index.ts';
import type { Played, Script } from './played-run.ts';

/** Policies of all kinds, and calls that end in all ways. */

const upTo = (max: number) => fc.integer({ min: 0, max });
/** Milliseconds, half of them such that things fall due at the same instant. */
const ms = (most: number) =>
  fc.oneof(
    upTo(most),
    upTo(Math.floor(most / 50)).map(n => n * 50),
  );
const limit = (most: number) => ms(most).map(n => Math.max(1, n));
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const delays = fc.tuple(ms(400), ms(2_000)).map(([initialDelay, more]) => ({
  initialDelay,
  maxDelay: initialDelay + more,
}));
const flat = fc.constantFrom('none' as const, 'full' as const, 'equal' as const);
const strategy: fc.Arbitrary<RecoveryStrategy> = fc.oneof(
  fc.tuple(delays, flat).map(([d, jitter]) => new ExponentialBackoffStrategy({ ...d, jitter })),
  delays.map(d => new ExponentialBackoffStrategy({ ...d, jitter: 'decorrelated' })),
  fc.tuple(delays, flat).map(([d, jitter]) => new LinearBackoffStrategy({ ...d, jitter })),
  fc.tuple(ms(500), flat).map(([delay, jitter]) => new FixedDelayStrategy({ delay, jitter })),
  fc.constant(
    new CustomStrategy({
      name: 'grows',
      delayFunc: (attempt, { previousDelay = 50, random = () => 0 }) =>
        attempt === 7 ? Number.NaN : previousDelay + random() * 3 * previousDelay,
    }),
  ),
);

/** Draws nothing: the draws of a breaker are the recovery's. */
const openTime = fc.oneof(
  ms(2_000),
  ms(300).map(step => new LinearBackoffStrategy({ initialDelay: step, increment: step })),
);
const halfOpen = {
  openTimeout: openTime,
  probeTimeout: limit(300),
  permits: fc.integer({ min: 2, max: 3 }),
  successes: fc.integer({ min: 1, max: 2 }),
  mode: fc.constantFrom('enforce' as const, 'metrics_only' as const),
};
const ratios = {
  failureRatio: fc.constantFrom(0.3, 0.5, 1),
  slowCallDuration: limit(300),
  minimumCalls: fc.integer({ min: 1, max: 2 }),
};
const partly = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const breaker = fc.oneof(
  partly({ threshold: fc.integer({ min: 1, max: 4 }), ...halfOpen }),
  partly({ size: fc.integer({ min: 2, max: 6 }), ...ratios, ...halfOpen }).map(options => ({
    kind: 'count' as const,
    size: 3,
    ...options,
  })),
  partly({ duration: limit(3_000), ...ratios, ...halfOpen }).map(options => ({
    kind: 'time' as const,
    ...options,
  })),
);
const withinPermits = breaker.map(options => {
  const { successes, permits = 1 } = options as { successes?: number; permits?: number };
  return successes === undefined
    ? options
    : { ...options, successes: Math.min(successes, permits) };
});

const category = partly({ maxRetries: upTo(6), strategy });
const budget = partly({
  capacity: fc.integer({ min: 10, max: 30 }),
  cost: fc.integer({ min: 0, max: 10 }),
  refund: fc.integer({ min: 0, max: 5 }),
  refillPerSecond: fc.constantFrom(0, 1, 7),
  whenEmpty: fc.constantFrom('fail' as const, 'wait' as const),
});
export const policy: fc.Arbitrary<OperationOptions> = partly({
  maxRetries: fc.oneof(upTo(14), fc.constant(100)),
  maxInterruptions: upTo(3),
  timeout: limit(400),
  totalTimeout: fc.oneof(limit(10_000), fc.constant(50_000)),
  strategy,
  policies: partly({ network: category, timeout: category, unknown: category }),
  resetAfter: limit(200),
  longRetryAfter: fc.constantFrom('wait' as const, 'wait' as const, 'end' as const),
  whenOpen: fc.constantFrom('fail' as const, 'wait' as const, 'wait' as const),
  breakerOptions: withinPermits,
  budget,
  rateLimit: fc
    .tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 2_000 }),
      some(fc.integer({ min: 1, max: 3 })),
    )
    .map(([limit, interval, burst]) =>
      burst === undefined ? { limit, interval } : { limit, interval, burst },
    ),
}) as fc.Arbitrary<OperationOptions>;

const duration = fc.oneof(fc.constant(0), ms(400));
const failure: fc.Arbitrary<Script> = fc
  .record(
    {
      error: fc.constantFrom('network', 'network', 'timeout', 'timeout', 'unknown', 'resource'),
      duration,
      retryAfter: ms(3_000),
      progress: ms(300),
    },
    { requiredKeys: ['error'] },
  )
  .map(script => script as Script);
export const outcomes: fc.Arbitrary<readonly Script[]> = fc.array(
  fc.oneof(
    { weight: 16, arbitrary: failure },
    { weight: 1, arbitrary: fc.constant<Script>({ error: 'permission' }) },
    { weight: 1, arbitrary: duration.map((d): Script => ({ success: true, duration: d })) },
    { weight: 1, arbitrary: fc.constant<Script>('interrupted') },
    { weight: 1, arbitrary: ms(300).map((cancelAfter): Script => ({ cancelAfter })) },
  ),
  { minLength: 1, maxLength: 12 },
);
export const fallback: fc.Arbitrary<Played | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant(undefined),
  duration.map((d): Played => ({ success: true, duration: d })),
  duration.map((d): Played => ({ error: 'unknown', duration: d })),
);
