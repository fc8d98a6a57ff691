import { z } from 'zod';
import type { BreakerHandle, Recovery } from '../../../services/ports.ts';
import { Refusal } from '../refusal.ts';
import { type Route, route } from '../route.ts';
import { breakerOnWire, breakerSchema } from '../wire.ts';

const key = z.string().min(1).max(1_000);
const words = z.string().min(1).max(1_000).optional();

const forceSchema = z.strictObject({
  key,
  to: z.enum(['isolated', 'forced_closed', 'metrics_only']),
  ttl: z.number().positive().optional().describe('Milliseconds after which it ends by itself.'),
  reason: words,
  by: words.describe('Who it is.'),
});

const resetSchema = z.strictObject({ key, reason: words, by: words });

const after = { status: 200, description: 'The breaker after it.', schema: breakerSchema };

/** Breakers. Their keys may be made of inputs, so they stand in bodies and not in addresses. */
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
      handle: () => ({ body: { breakers: recovery.breakers().map(breakerOnWire) } }),
    }),
    route({
      method: 'POST',
      path: '/api/breakers/force',
      id: 'forceBreaker',
      summary: 'Forces the breaker of a key into a state, also where nothing has used it yet.',
      role: 'operator',
      body: forceSchema,
      success: after,
      problems: [503],
      async handle({ body }) {
        const { ttl } = body;
        const options = { ...orderOf(body), ...(ttl === undefined ? {} : { ttl }) };
        await recovery.forceBreaker(body.key, body.to, options);
        return { body: breakerOnWire(found(recovery, body.key)) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/breakers/reset',
      id: 'resetBreaker',
      summary: 'Closes a breaker, with nothing counted.',
      role: 'operator',
      body: resetSchema,
      success: after,
      problems: [404, 503],
      async handle({ body }) {
        await found(recovery, body.key).reset(orderOf(body));
        return { body: breakerOnWire(found(recovery, body.key)) };
      },
    }),
  ];
}

function found(recovery: Recovery, key: string): BreakerHandle {
  const breaker = recovery.breaker(key);
  if (breaker === undefined) throw new Refusal('BREAKER_NOT_FOUND');
  return breaker;
}

function orderOf({ reason, by }: z.infer<typeof resetSchema>) {
  return { ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
}
