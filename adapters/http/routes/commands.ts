import { z } from 'zod';
import type { Recovery } from '../../../services/ports.ts';
import {
  breakerOf,
  breakerSchema,
  commandSchemas,
  operationOf,
  operationSchema,
} from '../../../services/protocol.ts';
import { commandsOf, type Steered } from '../commands.ts';
import { type Route, route } from '../route.ts';
import { idParams } from './operations.ts';

const commandedSchema = z
  .object({
    changed: z.boolean().describe('False where its state did not allow it.'),
    operation: operationSchema,
  })
  .meta({ id: 'CommandedOperation' });

const commanded = { status: 200, description: 'The operation after it.', schema: commandedSchema };
const accepted = {
  status: 202,
  description: 'It is durable, and goes on by itself.',
  schema: operationSchema,
};
const after = { status: 200, description: 'The breaker after it.', schema: breakerSchema };

/** The order of a command whose id stands in the address. */
const cancelSchema = commandSchemas.cancel.omit({ operation_id: true }).optional();

const answered = ({ changed, operation }: Steered) => ({
  body: { changed, operation: operationOf(operation) },
});

/** Starting and steering operations, and orders to breakers. A breaker's key may be made of inputs, so it stands in the body and not in the address. */
export function commandRoutes(recovery: Recovery, basePath: string): readonly Route[] {
  const commands = commandsOf(recovery);
  return [
    route({
      method: 'POST',
      path: '/api/operations',
      id: 'startOperation',
      summary: 'Starts an operation of a definition.',
      role: 'operator',
      body: commandSchemas.start,
      success: accepted,
      problems: [404, 409, 503],
      async handle({ body }) {
        const view = await commands.start(body);
        const location = `${basePath}/api/operations/${encodeURIComponent(view.id)}`;
        return { headers: { location }, body: operationOf(view) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/operations/:id/cancel',
      id: 'cancelOperation',
      summary: 'Ends an operation as failed.',
      role: 'operator',
      params: idParams,
      body: cancelSchema,
      success: commanded,
      problems: [404, 503],
      handle: async ({ params: { id }, body }) =>
        answered(await commands.cancel({ operation_id: id, ...body })),
    }),
    route({
      method: 'POST',
      path: '/api/operations/:id/retry',
      id: 'retryOperation',
      summary: 'Starts a failed or exhausted operation again; finished steps are kept.',
      role: 'operator',
      params: idParams,
      success: accepted,
      problems: [404, 409, 503],
      handle: async ({ params: { id } }) => ({
        body: operationOf(await commands.retry({ operation_id: id })),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/operations/:id/pause',
      id: 'pauseOperation',
      summary: 'Holds an operation while it is pending or recovering.',
      role: 'operator',
      params: idParams,
      success: commanded,
      problems: [404, 503],
      handle: async ({ params: { id } }) => answered(await commands.pause({ operation_id: id })),
    }),
    route({
      method: 'POST',
      path: '/api/operations/:id/continue',
      id: 'continueOperation',
      summary: 'Lets a paused operation go on.',
      role: 'operator',
      params: idParams,
      success: commanded,
      problems: [404, 503],
      handle: async ({ params: { id } }) => answered(await commands.continue({ operation_id: id })),
    }),
    route({
      method: 'POST',
      path: '/api/breakers/force',
      id: 'forceBreaker',
      summary: 'Forces the breaker of a key into a state, also where nothing has used it yet.',
      role: 'operator',
      body: commandSchemas.force_breaker,
      success: after,
      problems: [503],
      handle: async ({ body }) => ({ body: breakerOf(await commands.force_breaker(body)) }),
    }),
    route({
      method: 'POST',
      path: '/api/breakers/reset',
      id: 'resetBreaker',
      summary: 'Closes a breaker, with nothing counted.',
      role: 'operator',
      body: commandSchemas.reset_breaker,
      success: after,
      problems: [404, 503],
      handle: async ({ body }) => ({ body: breakerOf(await commands.reset_breaker(body)) }),
    }),
  ];
}
