import { z } from 'zod';
import { BreakerState, RecoveryState } from '../../machines/vocabulary.ts';

const states = z.enum([...Object.values(RecoveryState), ...Object.values(BreakerState)]);

/** How often an arrow of a chart was taken, as far as the store still knows it. */
export const arrowSchema = z
  .object({
    machine: z.enum(['operation', 'breaker']),
    from: states.nullable().describe('Null where something began.'),
    to: states,
    event: z.string(),
    reason_kind: z.string().nullable().describe('`kind` of the reasons.'),
    count: z.int().min(1),
  })
  .meta({ id: 'Arrow' });
export type ArrowResource = z.infer<typeof arrowSchema>;

export const arrowsSchema = z.object({ arrows: z.array(arrowSchema) }).meta({ id: 'Arrows' });
export type ArrowsResource = z.infer<typeof arrowsSchema>;
