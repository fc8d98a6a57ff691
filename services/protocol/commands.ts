import { z } from 'zod';
import { BreakerState, RecoveryState } from '../../machines/vocabulary.ts';
import { MAX_DURATION } from '../duration.ts';
import type { BreakerResource, OperationSummary } from './resources.ts';

/** Characters of a name, a key or a reason. */
const MAX_TEXT = 1_000;
/** Characters of an operation's id. */
const MAX_ID = 512;
/** Members of each list of a subscription. */
const MAX_LIST = 1_000;

const text = z.string().min(1).max(MAX_TEXT);
export const operationIdSchema = z.string().min(1).max(MAX_ID);
const texts = z.array(text).max(MAX_LIST).optional();
const states = z.enum([...Object.values(RecoveryState), ...Object.values(BreakerState)]);

/** Of `subscribe`: the same as a feed's filter. */
export const subscribeSchema = z.strictObject({
  since: z.int().min(0).optional().describe('The last position that the client saw.'),
  ids: z.array(operationIdSchema).max(MAX_LIST).optional().describe('Operations.'),
  names: texts.describe('Names of definitions.'),
  states: z.array(states).max(MAX_LIST).optional().describe('States that are entered.'),
  keys: texts.describe('Breakers.'),
  slow: z
    .enum(['conflate', 'reread'])
    .optional()
    .describe('What becomes of a slow client: left out (the default), or told everything late.'),
});
export type Subscribe = z.infer<typeof subscribeSchema>;

/** Of `inspect`: which living actors; without members, all. */
export const inspectSchema = z.strictObject({
  operation_id: operationIdSchema.optional(),
  key: text.optional().describe('A breaker and its operations.'),
});
export type Inspect = z.infer<typeof inspectSchema>;

const only = z.strictObject({ operation_id: operationIdSchema });

/** What each command is sent with, by its name. */
export const commandSchemas = {
  start: z.strictObject({
    function_name: text,
    input: z.unknown().optional().describe('JSON.'),
    operation_id: operationIdSchema
      .optional()
      .describe('The same id, name and input again attaches to the same operation.'),
    metadata: z.unknown().optional().describe('JSON, kept with the operation.'),
  }),
  cancel: only.extend({ reason: text.optional() }),
  retry: only,
  pause: only,
  continue: only,
  force_breaker: z.strictObject({
    key: text,
    to: z.enum([BreakerState.ISOLATED, BreakerState.FORCED_CLOSED, BreakerState.METRICS_ONLY]),
    ttl: z.number().gt(0).max(MAX_DURATION).optional().describe('Milliseconds.'),
    reason: text.optional(),
    by: text.optional(),
  }),
  reset_breaker: z.strictObject({ key: text, reason: text.optional(), by: text.optional() }),
} as const;

export type CommandName = keyof typeof commandSchemas;
/** What a command is sent with. */
export type Command<Name extends CommandName> = z.infer<(typeof commandSchemas)[Name]>;

/** What a steering command is answered with. */
export interface Commanded {
  /** False where the operation's chart did not allow it, or where it had ended already. */
  readonly changed: boolean;
  readonly operation: OperationSummary;
}

/** What a command is answered with, where it could be carried out. Everything in it is durable. */
export interface CommandResults {
  readonly start: OperationSummary;
  readonly cancel: Commanded;
  readonly retry: OperationSummary;
  readonly pause: Commanded;
  readonly continue: Commanded;
  /** The breaker after it. */
  readonly force_breaker: BreakerResource;
  readonly reset_breaker: BreakerResource;
}
