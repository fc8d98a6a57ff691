import { z } from 'zod';
import { BreakerState, RecoveryState } from '../../machines/vocabulary.ts';
import { MAX_DURATION } from '../duration.ts';

/** Characters of an id, a name, a key or a reason. */
const MAX_TEXT = 512;
/** Members of each list of a subscription. */
const MAX_LIST = 1_000;

const text = z.string().min(1).max(MAX_TEXT);
const texts = z.array(text).max(MAX_LIST).optional();
const states = z.enum([...Object.values(RecoveryState), ...Object.values(BreakerState)]);

/** Of `subscribe`: the same as a feed's filter. */
export const subscribeSchema = z.strictObject({
  since: z.int().min(0).optional().describe('The last position that the client saw.'),
  ids: texts.describe('Operations.'),
  names: texts.describe('Names of definitions.'),
  states: z.array(states).max(MAX_LIST).optional().describe('States that are entered.'),
  keys: texts.describe('Breakers.'),
});
export type Subscribe = z.infer<typeof subscribeSchema>;

const only = z.strictObject({ operation_id: text });

/** What each command is sent with, by its name. */
export const commandSchemas = {
  start: z.strictObject({
    function_name: text,
    input: z.unknown().optional().describe('JSON.'),
    operation_id: text.optional().describe('The same id and name again is the same operation.'),
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
} as const;

export type CommandName = keyof typeof commandSchemas;
/** What a command is sent with. */
export type Command<Name extends CommandName> = z.infer<(typeof commandSchemas)[Name]>;

/** What a command is answered with, where it could be carried out. */
export interface CommandResults {
  readonly start: { readonly operation_id: string; readonly state: RecoveryState };
  /** Whether it did anything: false where the operation had ended already. */
  readonly cancel: { readonly done: boolean };
  readonly retry: { readonly operation_id: string; readonly state: RecoveryState };
  /** Whether the operation's chart allowed it. */
  readonly pause: { readonly done: boolean };
  readonly continue: { readonly done: boolean };
  readonly force_breaker: { readonly key: string };
}
