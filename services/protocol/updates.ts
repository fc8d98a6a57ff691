import { z } from 'zod';
import { BreakerState, RecoveryState } from '../../machines/vocabulary.ts';
import { breakerSchema, operationSummarySchema } from './resources.ts';

const instant = z.iso.datetime();
const position = z.int().min(0).describe('Place in the whole store; grows over restarts too.');
const count = z.int().min(0);
const reason = z
  .looseObject({ kind: z.string(), message: z.string() })
  .describe('Everything that the decision rested on.')
  .nullable();

/** `recovery_update`: an operation has changed its state, durably. */
export const recoveryUpdateSchema = z
  .object({
    operation_id: z.string(),
    state: z.enum(RecoveryState),
    timestamp: instant,
    position,
    function_name: z.string(),
    seq: z.int().min(1).describe('Number within the operation.'),
    from_state: z.enum(RecoveryState).nullable(),
    event: z.string(),
    attempt: count,
    reason,
  })
  .meta({ id: 'Transition' });
export type RecoveryUpdate = z.infer<typeof recoveryUpdateSchema>;

/** `breaker_update`: a breaker has changed its state, durably. */
export const breakerUpdateSchema = z.object({
  key: z.string(),
  state: z.enum(BreakerState),
  timestamp: instant,
  position,
  seq: z.int().min(1).describe('Number within the breaker.'),
  from_state: z.enum(BreakerState).nullable(),
  event: z.string(),
  reason,
});
export type BreakerUpdate = z.infer<typeof breakerUpdateSchema>;

/** `progress`: how far a function says that it is. Not stored. */
export const progressSchema = z.object({
  operation_id: z.string(),
  function_name: z.string(),
  attempt: count,
  hedge: z.literal(1).optional().describe('Told by the second call of a hedged attempt.'),
  value: z.unknown(),
  timestamp: instant,
});
export type ProgressMessage = z.infer<typeof progressSchema>;

/** `snapshot`: how things are, for a client that missed too much to be told all of it. */
export const snapshotSchema = z.object({
  position,
  operations: z.array(operationSummarySchema),
  breakers: z.array(breakerSchema),
  more: z.boolean().describe('There are more operations than these.'),
});
export type SnapshotMessage = z.infer<typeof snapshotSchema>;

/** `live`: what was missed has been told; from here on it is what happens. */
export const liveSchema = z.object({ position });
export type LiveMessage = z.infer<typeof liveSchema>;

/** `conflated`: so many updates were left out, each in favour of a later one of the same operation or breaker. */
export const conflatedSchema = z.object({ skipped: z.int().min(1), position });
export type ConflatedMessage = z.infer<typeof conflatedSchema>;

/** `dropped`: the client was too slow; a new subscription since `position` goes on. */
export const droppedSchema = z.object({
  reason: z.string(),
  position,
  retry_after: z
    .number()
    .min(0)
    .describe(
      'Milliseconds after which to subscribe again; longer while operations keep the server busy.',
    ),
});
export type DroppedMessage = z.infer<typeof droppedSchema>;
