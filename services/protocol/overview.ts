import { z } from 'zod';
import { RecoveryState } from '../../machines/vocabulary.ts';
import { breakerSchema, operationSummarySchema } from './resources.ts';

const instant = z.iso.datetime();
const count = z.int().min(0);
const milliseconds = z.number().min(0);

/** Who asks, as the server sees it: what a page may offer. */
export const sessionSchema = z
  .object({
    role: z.enum(['viewer', 'operator']),
    guarded: z.boolean().describe('Whether callers need a token.'),
    version: z.string().describe('Of the package.'),
  })
  .meta({ id: 'Session' });
export type SessionResource = z.infer<typeof sessionSchema>;

/** What happened in one part of the last while. */
export const timelineBucketSchema = z.object({
  at: instant.describe('When it began.'),
  started: count,
  succeeded: count,
  failed: count,
  exhausted: count,
  retries: count,
  recovery_time: milliseconds
    .nullable()
    .describe('Mean milliseconds from the first failure to success, of those that recovered.'),
});
export type TimelineBucket = z.infer<typeof timelineBucketSchema>;

/** Since the recovery began; a restart begins anew. */
const metrics = z.object({
  started: count,
  succeeded: count,
  failed: count,
  exhausted: count,
  recovered: count,
  attempts: count,
  retries: count,
  interruptions: count,
  breaker_trips: count,
  average_recovery_time: milliseconds.describe('Mean milliseconds; 0 where none recovered.'),
});

const attention = z.object({
  exhausted: z.array(operationSummarySchema).describe('The newest ten.'),
  failed: z.array(operationSummarySchema).describe('The newest ten.'),
  quarantined: z
    .array(z.object({ operation_id: z.string(), function_name: z.string(), why: z.string() }))
    .describe('A hundred at most.'),
  undefined_operations: z
    .record(z.string(), count)
    .describe('Unfinished ones that no definition has yet, by name; a hundred names at most.'),
  breakers: z.array(breakerSchema).describe('Twenty that are not closed.'),
});

/** How it all is at the moment. */
export const overviewSchema = z
  .object({
    counts: z.record(z.enum(RecoveryState), count),
    position: count.describe('Of the last transition; `since` of a subscription that goes on.'),
    at: instant,
    active: count.describe('Operations that live in this process.'),
    backlog: z.object({ running: count, pending: count, retrying: count }),
    metrics,
    definitions: z.array(z.string()),
    attention,
    persistence: z.object({
      healthy: z.boolean(),
      location: z.string().optional().describe('The name alone, without where it is.'),
      bytes: count.nullable(),
      problem: z.string().nullable(),
    }),
    timeline: z
      .array(timelineBucketSchema)
      .describe('The last 15 minutes by 5 seconds, oldest first; as far as the server lives.'),
  })
  .meta({ id: 'Overview' });
export type OverviewResource = z.infer<typeof overviewSchema>;
