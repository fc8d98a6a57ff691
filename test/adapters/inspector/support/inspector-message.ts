import { z } from 'zod';

const base = {
  sessionId: z.string().regex(/^x:\d+$/),
  rootId: z.string().regex(/^x:\d+$/),
  createdAt: z.string().regex(/^\d+$/),
  id: z.string().nullable(),
  _version: z.string(),
};
const eventObject = z.looseObject({ type: z.string() });
const snapshot = z.strictObject({
  status: z.enum(['active', 'done', 'error', 'stopped']),
  value: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  error: z.unknown().optional(),
});
/** `StatelyInspectionEvent` of `@statelyai/inspect` as JSON, and nothing besides. */
export const inspectorMessage = z.discriminatedUnion('type', [
  z.strictObject({
    ...base,
    type: z.literal('@xstate.actor'),
    name: z.string(),
    definition: z.string(),
    parentId: z.string().optional(),
    snapshot,
  }),
  z.strictObject({
    ...base,
    type: z.literal('@xstate.event'),
    event: eventObject,
    sourceId: z.string().optional(),
  }),
  z.strictObject({ ...base, type: z.literal('@xstate.snapshot'), event: eventObject, snapshot }),
]);

export type Sent = z.infer<typeof inspectorMessage>;
