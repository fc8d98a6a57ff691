import type { z } from 'zod';
import { limit, noteProblems, oneOf, record, text } from '../option-schemas.ts';
import type { BreakerOrder, ForcedBreakerState, ForceOptions } from '../ports.ts';
import { Problems } from '../problems.ts';

const order = { reason: text(), by: text() };
const orderSchema = record(order);
const forceSchema = record({ ...order, ttl: limit() });
const forcedStates = oneOf('isolated', 'forced_closed', 'metrics_only');

/**
 * An order to force a breaker, as its options say; a property that is `undefined` counts as left out.
 * @throws ConfigError that lists every problem
 */
export function checkedForce(
  key: string,
  to: ForcedBreakerState,
  options: ForceOptions = {},
): ForceOptions {
  const problems = new Problems();
  noteProblems(problems, text(), key, [], 'options', 'key');
  noteProblems(problems, forcedStates, to, [], 'options', 'to');
  return checked(problems, forceSchema, options, key);
}

/** @throws ConfigError that lists every problem */
export function checkedOrder(key: string, options: BreakerOrder = {}): BreakerOrder {
  return checked(new Problems(), orderSchema, options, key);
}

function checked<T extends object>(
  problems: Problems,
  schema: z.ZodObject,
  options: T,
  key: unknown,
): T {
  noteProblems(problems, schema, options, Object.keys(schema.shape));
  problems.throwIfAny(`breaker ${JSON.stringify(key) ?? String(key)}`);
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as T;
}
