import { z } from 'zod';
import type { Recovery } from '../../../services/ports.ts';
import { jsonSchema } from '../json.ts';
import { Refusal } from '../refusal.ts';
import { type Route, route } from '../route.ts';
import { operationOnWire, operationSchema } from '../wire.ts';
import { idParams, viewed } from './operations.ts';

const startSchema = z.strictObject({
  name: z.string().min(1).max(1_000).describe('Name of the definition.'),
  input: jsonSchema.optional(),
  id: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe('The same id, name and input again attaches to the same operation.'),
  metadata: jsonSchema.optional(),
});

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

/** Starting and steering operations. */
export function commandRoutes(recovery: Recovery, basePath: string): readonly Route[] {
  const answered = async (id: string, changed: boolean) => ({
    body: { changed, operation: operationOnWire(await viewed(recovery, id)) },
  });
  return [
    route({
      method: 'POST',
      path: '/api/operations',
      id: 'startOperation',
      summary: 'Starts an operation of a definition.',
      role: 'operator',
      body: startSchema,
      success: accepted,
      problems: [404, 409, 503],
      async handle({ body: { name, input, id, metadata } }) {
        const definition = recovery.definition(name);
        if (definition === undefined) throw new Refusal('DEFINITION_NOT_FOUND');
        const handle = await definition.start(input, {
          ...(id === undefined ? {} : { id }),
          ...(metadata === undefined ? {} : { metadata }),
        });
        const location = `${basePath}/api/operations/${encodeURIComponent(handle.id)}`;
        const view = await viewed(recovery, handle.id);
        return { headers: { location }, body: operationOnWire(view) };
      },
    }),
    route({
      method: 'POST',
      path: '/api/operations/:id/cancel',
      id: 'cancelOperation',
      summary: 'Ends an operation as failed.',
      role: 'operator',
      params: idParams,
      body: z
        .strictObject({ reason: z.string().max(1_000).optional().describe('Kept in its history.') })
        .optional(),
      success: commanded,
      problems: [404, 503],
      handle: async ({ params: { id }, body }) =>
        answered(id, await recovery.cancel(id, body?.reason)),
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
      async handle({ params: { id } }) {
        await recovery.retry(id);
        return { body: operationOnWire(await viewed(recovery, id)) };
      },
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
      handle: async ({ params: { id } }) => answered(id, await recovery.pause(id)),
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
      handle: async ({ params: { id } }) => answered(id, await recovery.continue(id)),
    }),
  ];
}
