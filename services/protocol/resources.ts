import { z } from 'zod';
import { BreakerState, RecoveryState } from '../../machines/vocabulary.ts';

/** What HTTP answers with, and snapshots are made of. */

const instant = z.iso.datetime();
const count = z.int().min(0);

const SUMMARY = {
  operation_id: z.string(),
  function_name: z.string().describe('Name of the definition.'),
  state: z.enum(RecoveryState),
  attempt: count.describe('Attempts begun so far.'),
  breaker_key: z.string(),
  due_at: instant.nullable().describe('When its next timer is due.'),
  created_at: instant,
  updated_at: instant,
};

/** An operation without what it is about: inputs, outputs and errors. */
export const operationSummarySchema = z.object(SUMMARY).meta({ id: 'OperationSummary' });
export type OperationSummary = z.infer<typeof operationSummarySchema>;

/** An operation with everything. */
export const operationSchema = z
  .object({
    ...SUMMARY,
    input: z.unknown().optional(),
    output: z.unknown().optional(),
    error: z.unknown().optional().describe("What ended it, or the last attempt's error."),
    metadata: z.unknown().optional(),
  })
  .meta({ id: 'Operation' });
export type OperationResource = z.infer<typeof operationSchema>;

/** A step that has succeeded. */
export const stepSchema = z
  .object({ name: z.string(), attempt: count, result: z.unknown().optional(), timestamp: instant })
  .meta({ id: 'Step' });
export type StepResource = z.infer<typeof stepSchema>;

/** A breaker with what it has counted. */
export const breakerSchema = z
  .object({
    key: z.string(),
    state: z.enum(BreakerState),
    calls: count,
    failures: count,
    slow: count,
    failure_ratio: z.number(),
    slow_ratio: z.number(),
    generation: count,
    openings: count,
    open_until: instant.nullable(),
    probes: count,
    tokens: z.number().nullable(),
    override: z
      .object({
        until: instant.nullable(),
        reason: z.string().nullable(),
        by: z.string().nullable(),
      })
      .nullable(),
    operations: count,
  })
  .meta({ id: 'Breaker' });
export type BreakerResource = z.infer<typeof breakerSchema>;
