import { z } from 'zod';
import { BreakerState, type Recovery } from '../../services/ports.ts';
import type { HealthLimits } from './options.ts';

const count = z.int().min(0);

/** What everyone may know. */
const publicShape = {
  system_healthy: z.boolean().describe('Whether work may be sent here.'),
  persistence_healthy: z.boolean(),
};

export const readinessSchema = z
  .object({
    ...publicShape,
    problems: z.array(z.string()).optional().describe('Why it is not healthy.'),
    active_operations: count.optional().describe('Operations that live in this process.'),
    backlog: z
      .object({ running: count, pending: count, retrying: count })
      .optional()
      .describe('Who has a slot, and who waits for one.'),
    quarantined: count.optional().describe('Operations whose stored form does not fit.'),
    undefined_operations: count
      .optional()
      .describe('Unfinished operations that no definition has yet.'),
    event_loop_delay: z.number().optional().describe('Milliseconds, 99th percentile.'),
    circuit_breakers: z
      .record(z.string(), z.enum(BreakerState))
      .optional()
      .describe('State by key; a hundred of them, those in trouble first.'),
  })
  .meta({ id: 'Readiness' });

export type Readiness = z.infer<typeof readinessSchema>;

/** Whether work may be sent to this process, and why not. */
export function readinessOf(
  recovery: Recovery,
  limits: HealthLimits,
  eventLoopDelay: number,
): Required<Readiness> {
  const health = recovery.health();
  const { running, pending, retrying } = health.slots;
  const { persistence } = health;
  const problems: string[] = [];
  if (!persistence.healthy) problems.push(persistence.problem ?? 'the store is not healthy');
  else if (!health.healthy) problems.push('the recovery closes');
  if (eventLoopDelay > limits.maxEventLoopDelay) {
    problems.push(`the event loop keeps things waiting for ${Math.round(eventLoopDelay)} ms`);
  }
  if (pending + retrying > limits.maxBacklog) {
    problems.push(`${pending + retrying} operations wait for a slot`);
  }
  return {
    system_healthy: problems.length === 0,
    persistence_healthy: persistence.healthy,
    problems,
    active_operations: health.active,
    backlog: { running, pending, retrying },
    quarantined: health.quarantined.length,
    undefined_operations: Object.values(health.undefinedOperations).reduce((a, b) => a + b, 0),
    event_loop_delay: eventLoopDelay,
    circuit_breakers: Object.fromEntries(health.breakers.map(({ key, state }) => [key, state])),
  };
}
