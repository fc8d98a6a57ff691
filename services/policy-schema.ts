import type { z } from 'zod';
import {
  breakerOptionsSchema,
  budgetSchema,
  noteBreakerContradictions,
  noteBudgetContradictions,
  rateLimitSchema,
} from './breaker-schema.ts';
import { FIELDS, WHEN_OPEN } from './config-schema.ts';
import {
  count,
  duration,
  func,
  implementing,
  limit,
  noteProblems,
  oneOf,
  record,
  satisfying,
  text,
} from './option-schemas.ts';
import { ErrorCategory, type OperationOptions } from './ports.ts';
import { Problems } from './problems.ts';

const strategy = implementing('a strategy', ['calculateDelay']);
const categoryPolicy = record({ strategy, maxRetries: FIELDS.maxRetries });
const CATEGORIES = Object.values(ErrorCategory);

const SHAPE = {
  maxRetries: FIELDS.maxRetries,
  maxInterruptions: FIELDS.maxInterruptions,
  timeout: FIELDS.timeout,
  totalTimeout: FIELDS.totalTimeout,
  strategy,
  policies: record(Object.fromEntries(CATEGORIES.map(name => [name, categoryPolicy]))),
  resetAfter: limit(),
  longRetryAfter: oneOf('wait', 'end'),
  fallback: func(),
  hedgeAfter: duration(),
  classifier: implementing('a classifier', ['classify', 'shouldRetry', 'explain']),
  breaker: satisfying(
    value => value === false || typeof value === 'function' || text().safeParse(value).success,
    'must be a string that is not empty, false, or a function of the input',
  ),
  breakerOptions: breakerOptionsSchema,
  budget: budgetSchema,
  rateLimit: rateLimitSchema,
  whenOpen: WHEN_OPEN,
  concurrency: FIELDS.concurrency,
  maxPending: FIELDS.maxPending,
  version: count(1),
  migrate: func(),
} satisfies Record<keyof OperationOptions, z.ZodType>;

const policySchema = record(SHAPE);
const NAMES = Object.keys(SHAPE);

/**
 * Checks the name and the options of an operation's definition. A property that is `undefined` counts as left out.
 * @throws ConfigError that lists every problem
 */
export function validatePolicy<Input>(name: string, options: OperationOptions<Input>): void {
  const problems = new Problems();
  noteProblems(problems, text(), name, [], 'options', 'name');
  noteProblems(problems, policySchema, options, NAMES);
  noteBreakerContradictions(problems, options?.breakerOptions);
  noteBudgetContradictions(problems, options?.budget);
  const shown = typeof name === 'string' && name.trim() !== '' ? ` "${name.slice(0, 100)}"` : '';
  problems.throwIfAny(`operation${shown}`);
}
