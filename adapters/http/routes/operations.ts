import { z } from 'zod';
import {
  type ListQuery,
  type Page,
  type Recovery,
  RecoveryState,
} from '../../../services/ports.ts';
import {
  type OperationSummary,
  operationIdSchema,
  operationOf,
  operationSchema,
  recoveryUpdateOf,
  recoveryUpdateSchema,
  stepOf,
  stepSchema,
  summaryOf,
} from '../../../services/protocol.ts';
import { viewed } from '../commands.ts';
import { type Route, route } from '../route.ts';

const MAX_NAMES = 100;
const MAX_TEXT = 1_000;

export const idParams = z.strictObject({ id: operationIdSchema });

const FILTERS = {
  ids: z.array(operationIdSchema).max(MAX_NAMES).optional(),
  states: z.array(z.enum(RecoveryState)).max(MAX_NAMES).optional(),
  names: z.array(z.string().max(MAX_TEXT)).max(MAX_NAMES).optional(),
  breaker_key: z.string().max(MAX_TEXT).optional(),
  parent_id: operationIdSchema.optional().describe('The children of this operation.'),
  created_from: z.iso.datetime({ offset: true }).optional().describe('At or after this instant.'),
  created_before: z.iso.datetime({ offset: true }).optional(),
  limit: z.int().min(1).max(1000).optional().describe('Operations in a page; 50 by default.'),
  cursor: z.string().max(MAX_TEXT).optional().describe('The `next` of the page before.'),
  order: z.enum(['newest', 'oldest']).optional().describe('By creation; newest by default.'),
  fields: z
    .enum(['all', 'summary'])
    .optional()
    .describe('`summary` leaves input, output, error and metadata out, for long lists.'),
};

const filterSchema = z.strictObject(FILTERS);
const searchSchema = z.strictObject({
  ...FILTERS,
  text: z
    .string()
    .max(MAX_TEXT)
    .optional()
    .describe('In the id, the name, the input or the error; case does not matter.'),
});

const pageSchema = z
  .object({
    operations: z.array(operationSchema),
    next: z.string().optional().describe('Cursor of the next page; absent on the last.'),
  })
  .meta({ id: 'OperationPage' });

const page = { status: 200, description: 'A page of operations.', schema: pageSchema };

/** Looking at operations. */
export function operationRoutes(recovery: Recovery): readonly Route[] {
  const listed = async (filter: z.infer<typeof searchSchema>) => {
    const query = listQuery(filter);
    if (filter.fields === 'summary') return paged(await recovery.summaries(query), summaryOf);
    return paged(await recovery.list(query), operationOf);
  };
  return [
    route({
      method: 'GET',
      path: '/api/operations',
      id: 'listOperations',
      summary: 'Operations by filter, by pages.',
      role: 'viewer',
      query: filterSchema,
      success: page,
      problems: [503],
      handle: ({ query }) => listed(query),
    }),
    route({
      method: 'POST',
      path: '/api/operations/search',
      id: 'searchOperations',
      summary: 'The same, and by text; in a body, since addresses end up in logs.',
      role: 'viewer',
      body: searchSchema,
      success: page,
      problems: [503],
      handle: ({ body }) => listed(body),
    }),
    route({
      method: 'GET',
      path: '/api/operations/:id',
      id: 'getOperation',
      summary: 'An operation with its history and its finished steps.',
      role: 'viewer',
      params: idParams,
      success: {
        status: 200,
        description: 'The operation.',
        schema: operationSchema
          .extend({ history: z.array(recoveryUpdateSchema), steps: z.array(stepSchema) })
          .meta({ id: 'OperationWithHistory' }),
      },
      problems: [404, 503],
      async handle({ params: { id } }) {
        const view = await viewed(recovery, id);
        const [history, steps] = await Promise.all([recovery.history(id), recovery.steps(id)]);
        return {
          body: {
            ...operationOf(view),
            history: history.map(recoveryUpdateOf),
            steps: steps.map(stepOf),
          },
        };
      },
    }),
  ];
}

function paged<View>({ items, next }: Page<View>, onWire: (view: View) => OperationSummary) {
  const operations = items.map(onWire);
  return { body: next === undefined ? { operations } : { operations, next } };
}

function listQuery(filter: z.infer<typeof searchSchema>): ListQuery {
  const { ids, states, names, text, limit, cursor, order } = filter;
  const { breaker_key: breakerKey, parent_id: parentId } = filter;
  const { created_from: from, created_before: before } = filter;
  return {
    ...(ids === undefined ? {} : { ids }),
    ...(states === undefined ? {} : { states }),
    ...(names === undefined ? {} : { names }),
    ...(breakerKey === undefined ? {} : { breakerKey }),
    ...(parentId === undefined ? {} : { parentId }),
    ...(from === undefined ? {} : { createdFrom: Date.parse(from) }),
    ...(before === undefined ? {} : { createdBefore: Date.parse(before) }),
    ...(text === undefined ? {} : { text }),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(order === undefined ? {} : { order }),
  };
}
