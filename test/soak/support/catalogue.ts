import type { OperationDefinition, OperationOptions } from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { ExponentialBackoffStrategy } from '../../../services/strategies/index.ts';
import type { Calls } from './calls.ts';
import { type Plan, UNDOS } from './plans.ts';

type Options = OperationOptions<Plan, number>;

const place = ({ place }: Plan): string => place;

/** Definitions that together use what there is: every kind of breaker, limits, locks, hedges, fallbacks, budgets and children. */
const OPTIONS: Readonly<Record<string, Options>> = {
  plain: {
    maxRetries: 2,
    concurrency: 2,
    maxPending: 3,
    breakerOptions: { threshold: 3, openTimeout: 1_500, probeTimeout: 1_200 },
  },
  waiting: {
    breaker: ({ place }) => `host ${place}`,
    whenOpen: 'wait',
    totalTimeout: 20_000,
    breakerOptions: {
      kind: 'count',
      size: 6,
      minimumCalls: 3,
      permits: 2,
      successes: 1,
      probeTimeout: 800,
      openTimeout: new ExponentialBackoffStrategy({
        initialDelay: 500,
        maxDelay: 3_000,
        jitter: 'full',
      }),
    },
  },
  hedged: {
    hedgeAfter: 150,
    timeout: 700,
    whenOpen: 'wait',
    resetAfter: 200,
    policies: { timeout: { maxRetries: 1 } },
    breakerOptions: {
      kind: 'time',
      duration: 5_000,
      buckets: 5,
      minimumCalls: 3,
      slowCallDuration: 300,
      slowCallRatio: 0.7,
      openTimeout: 1_000,
      permits: 3,
      successes: 2,
      probeTimeout: 900,
    },
  },
  locked: { lock: place, concurrency: 2, totalTimeout: 8_000, breaker: false },
  standing: { lock: place, whenOpen: 'wait', concurrency: 1, totalTimeout: 5_000 },
  budgeted: {
    breaker: 'budget',
    whenOpen: 'wait',
    budget: { capacity: 10, cost: 5, whenEmpty: 'wait', refillPerSecond: 2 },
    rateLimit: { limit: 4, interval: 1_000, burst: 2 },
    breakerOptions: { threshold: 4, openTimeout: 900 },
    totalTimeout: 30_000,
  },
  whole: { breaker: 'family', maxInterruptions: 2, longRetryAfter: 'end' },
  observed: { maxRetries: 1, breakerOptions: { mode: 'metrics_only', threshold: 2 } },
  part: {
    concurrency: 2,
    breaker: 'family',
    whenOpen: 'wait',
    maxRetries: 1,
    rateLimit: { limit: 5, interval: 500 },
  },
};
const WITH_FALLBACK = new Set(['standing', 'budgeted', 'hedged']);

export const NAMES = Object.keys(OPTIONS).filter(name => name !== 'part');
export const KEYS = [
  'plain',
  'host p1',
  'host p2',
  'hedged',
  'budget',
  'family',
  'standing',
  'observed',
];

/** Operations of a definition that may be in progress at once. */
export const concurrencyOf = (name: string): number =>
  OPTIONS[name]?.concurrency ?? Number.POSITIVE_INFINITY;

/** How many attempts of a key may follow one another. */
export const RATES: Readonly<Record<string, { limit: number; interval: number; burst: number }>> = {
  budget: { limit: 4, interval: 1_000, burst: 2 },
};

/** Defines them all on a recovery. */
export function define(
  recovery: DurableRecovery,
  calls: Calls,
): ReadonlyMap<string, OperationDefinition<Plan, number>> {
  const definitions = new Map<string, OperationDefinition<Plan, number>>();
  for (const [name, options] of Object.entries(OPTIONS)) {
    const fallback = WITH_FALLBACK.has(name) ? { fallback: calls.standIn } : {};
    const undo = Object.fromEntries(UNDOS.map(name => [name, calls.takeBack]));
    const all = { timeout: 900, undo, undoRetries: 2, ...options, ...fallback };
    definitions.set(name, recovery.operation<Plan, number>(name, calls.run, all));
  }
  calls.part = definitions.get('part') as OperationDefinition<Plan, number>;
  return definitions;
}
