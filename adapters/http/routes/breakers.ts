import { z } from 'zod';
import type { BreakerTransition, Recovery } from '../../../services/ports.ts';
import {
  breakerOf,
  breakerSchema,
  breakerUpdateOf,
  breakerUpdateSchema,
  commandSchemas,
} from '../../../services/protocol.ts';
import { type Route, route } from '../route.ts';

const MOST = 1_000;
const NEWEST = 200;

const historySchema = z.strictObject({
  key: commandSchemas.reset_breaker.shape.key,
  limit: z.int().min(1).max(MOST).optional().describe(`Transitions; ${NEWEST} by default.`),
});

/** Looking at breakers. A key may be made of inputs, so it stands in the body and not in the address. */
export function breakerRoutes(recovery: Recovery): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/breakers',
      id: 'listBreakers',
      summary: 'Every circuit breaker, in the order of their keys.',
      role: 'viewer',
      success: {
        status: 200,
        description: 'The breakers.',
        schema: z.object({ breakers: z.array(breakerSchema) }).meta({ id: 'Breakers' }),
      },
      handle: () => ({ body: { breakers: recovery.breakers().map(breakerOf) } }),
    }),
    route({
      method: 'POST',
      path: '/api/breakers/history',
      id: 'getBreakerHistory',
      summary: 'What the breaker of a key went through, newest first.',
      role: 'viewer',
      body: historySchema,
      success: {
        status: 200,
        description: 'Its newest transitions; none where nothing has happened to it.',
        schema: z
          .object({ transitions: z.array(breakerUpdateSchema) })
          .meta({ id: 'BreakerHistory' }),
      },
      problems: [503],
      async handle({ body: { key: breakerKey, limit = NEWEST } }) {
        const newest = await recovery.transitions({ breakerKey, order: 'newest', limit });
        const transitions = newest
          .filter((one): one is BreakerTransition => one.kind === 'breaker')
          .map(breakerUpdateOf);
        return { body: { transitions } };
      },
    }),
  ];
}
