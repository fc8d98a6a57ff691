import { z } from 'zod';

/** RFC 9457 problem details, with a stable code. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  code: z.string().describe('For programs; see `ErrorCode`.'),
  detail: z.string().optional().describe('What is wrong with this very message.'),
  errors: z
    .array(z.object({ pointer: z.string().describe('JSON pointer.'), detail: z.string() }))
    .readonly()
    .optional()
    .describe('Single faults.'),
});
export type Problem = z.infer<typeof problemSchema>;

/** A single fault: where, and what. */
export type Fault = NonNullable<Problem['errors']>[number];

/** The problem of a message that does not fit its schema. */
export const unfit = (errors: Fault[]): Problem => ({
  type: 'urn:problem:xstate-recovery:validation',
  title: 'The message does not fit its schema',
  status: 400,
  code: 'VALIDATION',
  errors,
});
