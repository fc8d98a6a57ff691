import { z } from 'zod';
import { BreakerState, RecoveryState } from '../../machines/vocabulary.ts';

/** What HTTP answers with, and snapshots are made of. */

const instant = z.iso.datetime();
const count = z.int().min(0);

const SUMMARY = {
  operation_id: z.string(),
  function_name: z.string().describe('Name of the definition.'),
  state: z.enum(RecoveryState),
  path: z.string().describe('The active leaf of its chart, such as `recovering.backoff`.'),
  attempt: count.describe('Attempts begun so far.'),
  breaker_key: z.string(),
  parent_id: z.string().nullable().describe('The operation whose child it is.'),
  due_at: instant.nullable().describe('When its next timer is due.'),
  created_at: instant,
  updated_at: instant,
  error_message: z
    .string()
    .max(200)
    .nullable()
    .describe("The first line of what ended it, or of the last attempt's error."),
};

/** An operation without what it is about: inputs, outputs, metadata, and errors but for a line. */
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

/** What a breaker goes by; `null` for what its kind does not look at. */
const breakerSettings = z.object({
  kind: z.enum(['consecutive', 'count', 'time']),
  mode: z.enum(['enforce', 'metrics_only']),
  threshold: z
    .number()
    .nullable()
    .describe('Failures in a row that open it, or the share of failures; null never opens.'),
  window: z.number().nullable().describe('Calls (count) or milliseconds (time).'),
  minimum_calls: count.nullable().describe('No share counts before there were so many.'),
  slow_call_duration: z.number().nullable().describe('Milliseconds from which on a call is slow.'),
  slow_threshold: z.number().nullable().describe('The share of slow calls that opens it.'),
  permits: count.describe('Probes of one half-open phase.'),
  successes: count.describe('Of them so many must succeed for it to close.'),
  probe_timeout: z.number().describe("Milliseconds for which a probe's permit is lent."),
  open_timeout: z.number().describe('Milliseconds that it will be open the next time.'),
  budget_capacity: z.number().nullable().describe('Tokens of a full budget.'),
});

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
    settings: breakerSettings,
  })
  .meta({ id: 'Breaker' });
export type BreakerResource = z.infer<typeof breakerSchema>;
