import { z } from 'zod';
import { MAX_DURATION } from './duration.ts';
import {
  amount,
  count,
  countUpTo,
  duration,
  func,
  implementing,
  limit,
  oneOf,
  ratio,
  record,
  satisfying,
  someAmount,
} from './option-schemas.ts';
import { type BreakerOptions, type BudgetOptions, ErrorCategory } from './ports.ts';
import type { Problems } from './problems.ts';

const strategy = implementing('a strategy', ['calculateDelay']);

/** One schema for each option of a breaker; the keys are all there are. */
const FIELDS = {
  kind: oneOf('consecutive', 'count', 'time'),
  threshold: count(1),
  failureRatio: ratio(),
  size: countUpTo(1, 10_000),
  duration: limit(),
  buckets: countUpTo(1, 100),
  minimumCalls: count(1),
  slowCallDuration: limit(),
  slowCallRatio: ratio(),
  openTimeout: satisfying(
    value => duration().safeParse(value).success || strategy.safeParse(value).success,
    `must be a number of milliseconds from 0 to ${MAX_DURATION}, or a strategy: an object with calculateDelay`,
  ),
  probeTimeout: limit(),
  permits: countUpTo(1, 1_000),
  successes: count(1),
  recordFailure: func(),
  mode: oneOf('enforce', 'metrics_only'),
} satisfies Record<keyof BreakerOptions, z.ZodType>;

export const breakerOptionsSchema = record(FIELDS);

const CATEGORIES = Object.values(ErrorCategory);

/** `false` stands for no budget, and needs no further look. */
export const budgetSchema = z.preprocess(
  value => (value === false ? {} : value),
  z
    .strictObject(
      {
        capacity: someAmount(),
        cost: amount(),
        costs: record(Object.fromEntries(CATEGORIES.map(name => [name, amount()]))),
        refund: amount(),
        refillPerSecond: amount(),
        whenEmpty: oneOf('fail', 'wait'),
      } satisfies Record<keyof BudgetOptions, z.ZodType>,
      { error: 'must be an object or false' },
    )
    .partial(),
);

export const rateLimitSchema = z.strictObject(
  { limit: count(1), interval: limit(), burst: count(1).optional() },
  { error: 'must be an object with limit and interval' },
);

type Kind = NonNullable<BreakerOptions['kind']>;

/** The options that only some kinds look at; one that nothing looks at is a mistake. */
const KINDS_OF: { readonly [Option in keyof BreakerOptions]?: readonly Kind[] } = {
  threshold: ['consecutive'],
  failureRatio: ['count', 'time'],
  size: ['count'],
  duration: ['time'],
  buckets: ['time'],
  minimumCalls: ['count', 'time'],
  slowCallDuration: ['count', 'time'],
  slowCallRatio: ['count', 'time'],
};

/** Options that are in range and do not go together; those that are out of range have been noted before. */
export function noteBreakerContradictions(
  problems: Problems,
  options: BreakerOptions | undefined,
  path = 'breakerOptions',
): void {
  if (!isObject(options)) return;
  const note = (fits: boolean, option: keyof BreakerOptions, problem: string) =>
    problems.has(`${path}.${option}`) ||
    problems.check(fits, `${path}.${option}`, options[option], problem);
  const { kind = 'consecutive', permits = 1, size = 100 } = options;
  for (const [option, kinds] of Object.entries(KINDS_OF) as [keyof BreakerOptions, Kind[]][]) {
    const fits = options[option] === undefined || kinds.includes(kind);
    const written = kinds.map(name => `'${name}'`).join(' or ');
    if (!problems.has(`${path}.kind`)) note(fits, option, `needs kind ${written}`);
  }
  const { successes, minimumCalls, slowCallRatio, slowCallDuration } = options;
  if (successes !== undefined && !problems.has(`${path}.permits`)) {
    note(successes <= permits, 'successes', `must be at most permits (${permits})`);
  }
  if (minimumCalls !== undefined && kind === 'count' && !problems.has(`${path}.size`)) {
    note(minimumCalls <= size, 'minimumCalls', `must be at most size (${size})`);
  }
  if (slowCallRatio !== undefined) {
    note(slowCallDuration !== undefined, 'slowCallRatio', 'needs slowCallDuration');
  }
}

/** A retry that costs more than a full bucket could never be paid. */
export function noteBudgetContradictions(
  problems: Problems,
  options: BudgetOptions | false | undefined,
  path = 'budget',
): void {
  if (!isObject(options) || problems.has(`${path}.capacity`)) return;
  const { capacity = 500, cost, costs } = options;
  const prices: Record<string, unknown> = { cost };
  if (isObject(costs)) {
    for (const [name, price] of Object.entries(costs)) prices[`costs.${name}`] = price;
  }
  for (const [option, price] of Object.entries(prices)) {
    if (typeof price !== 'number' || problems.has(`${path}.${option}`)) continue;
    const fits = price <= capacity;
    problems.check(fits, `${path}.${option}`, price, `must be at most capacity (${capacity})`);
  }
}

const isObject = <T>(value: T): value is T & object => typeof value === 'object' && value !== null;
