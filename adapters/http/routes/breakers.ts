import { z } from 'zod';
import type { Recovery } from '../../../services/ports.ts';
import { breakerOf, breakerSchema } from '../../../services/protocol.ts';
import { type Route, route } from '../route.ts';

/** Looking at breakers. */
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
  ];
}
