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
import { ErrorCategory, type OperationOptions, type ShadowOptions } from './ports.ts';
import { Problems } from './problems.ts';
import { isSecretPath } from './secret-path.ts';

export const STRATEGY = implementing('a strategy', ['calculateDelay']);
export const CLASSIFIER = implementing('a classifier', ['classify', 'shouldRetry', 'explain']);
const categoryPolicy = record({ strategy: STRATEGY, maxRetries: FIELDS.maxRetries });
const CATEGORIES = Object.values(ErrorCategory);

/** What a shadow may say otherwise. */
const SHADOWED = {
  maxRetries: FIELDS.maxRetries,
  timeout: FIELDS.timeout,
  totalTimeout: FIELDS.totalTimeout,
  strategy: STRATEGY,
  policies: record(Object.fromEntries(CATEGORIES.map(name => [name, categoryPolicy]))),
  resetAfter: limit(),
  longRetryAfter: oneOf('wait', 'end'),
  classifier: CLASSIFIER,
  breakerOptions: breakerOptionsSchema,
  budget: budgetSchema,
  whenOpen: WHEN_OPEN,
} satisfies Record<keyof ShadowOptions, z.ZodType>;

const SHAPE = {
  ...SHADOWED,
  maxInterruptions: FIELDS.maxInterruptions,
  fallback: func(),
  undo: satisfying(isUndo, 'must be an object of functions by name'),
  undoRetries: count(0),
  hedgeAfter: duration(),
  breaker: satisfying(
    value => value === false || typeof value === 'function' || text().safeParse(value).success,
    'must be a string that is not empty, false, or a function of the input',
  ),
  rateLimit: rateLimitSchema,
  lock: func(),
  concurrency: FIELDS.concurrency,
  keyConcurrency: count(1),
  maxPending: FIELDS.maxPending,
  secrets: satisfying(
    value => Array.isArray(value) && value.every(isSecretPath),
    'must be a list of dotted paths such as "headers.authorization"',
  ),
  resolveSecrets: func(),
  version: count(1),
  migrate: func(),
  shadow: record(SHADOWED),
} satisfies Record<keyof OperationOptions, z.ZodType>;

function isUndo(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, fn]) => name !== '' && typeof fn === 'function');
}

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
  noteBreakerContradictions(problems, options?.shadow?.breakerOptions, 'shadow.breakerOptions');
  noteBudgetContradictions(problems, options?.shadow?.budget, 'shadow.budget');
  const shown = typeof name === 'string' && name.trim() !== '' ? ` "${name.slice(0, 100)}"` : '';
  problems.throwIfAny(`operation${shown}`);
}
