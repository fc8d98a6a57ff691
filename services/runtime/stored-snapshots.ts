/** Stored snapshots are other people's data: they are checked before an actor is made of one. */
import type { SnapshotFrom } from 'xstate';
import { z } from 'zod';
import type { breakerMachine } from '../../machines/breaker/machine.ts';
import type { operationMachine } from '../../machines/operation/machine.ts';

export type Parsed<S> =
  | { readonly ok: true; readonly snapshot: S }
  | { readonly ok: false; readonly why: string };

const instant = z.number().finite().nullable();
const count = z.number().int().min(0);
const reason = z.looseObject({ kind: z.string(), message: z.string() }).nullable();

const child = <Id extends string>(id: Id, input: z.ZodType) =>
  z.object({
    src: z.literal(id),
    snapshot: z.looseObject({ status: z.literal('active'), input }),
  });

const operationContext = z.looseObject({
  v: z.literal(1),
  operationId: z.string().min(1),
  name: z.string().min(1),
  policy: z.object({
    maxRetries: count,
    maxInterruptions: count,
    whenOpen: z.enum(['fail', 'wait']),
    deadline: instant,
  }),
  attempt: count,
  retries: count,
  interruptions: count,
  generation: z.number().int().nullable(),
  dueAt: instant,
  remaining: instant,
  delay: instant,
  draw: instant,
  troubledAt: instant,
  outcome: z.enum(['success', 'failure', 'ignored']),
  error: z.looseObject({ name: z.string(), message: z.string() }).nullable(),
  last: z.object({ seq: count, event: z.string(), at: z.number().finite(), reason }),
});

const active = { status: z.literal('active'), context: operationContext };
const attempt = child('attempt', z.object({ operationId: z.string(), attempt: count }));
const timer = child('timer', z.object({ dueAt: instant }));
const gate = child(
  'gate',
  z.object({ operationId: z.string(), retryAt: instant, deadline: instant }),
);

/** Each resting state with the actors that it must have, since a state without its actor would never end. */
const operation = z.union([
  z.looseObject({
    ...active,
    value: z.strictObject({ pending: z.enum(['queued', 'paused']) }),
    children: z.strictObject({}),
  }),
  z.looseObject({
    ...active,
    value: z.strictObject({ in_progress: z.literal('running') }),
    children: z.strictObject({ attempt }),
  }),
  z.looseObject({
    ...active,
    value: z.strictObject({ recovering: z.literal('backoff') }),
    children: z.strictObject({ timer }),
  }),
  z.looseObject({
    ...active,
    value: z.strictObject({ recovering: z.literal('blocked') }),
    children: z.strictObject({ gate }),
  }),
  z.looseObject({
    ...active,
    value: z.strictObject({ recovering: z.literal('paused') }),
    children: z.strictObject({}),
  }),
  z.looseObject({
    status: z.literal('done'),
    context: operationContext,
    value: z.enum(['success', 'failed', 'exhausted']),
  }),
]);

const breakerContext = z.looseObject({
  v: z.literal(1),
  key: z.string(),
  threshold: z.number().int().min(1).nullable(),
  openTimeout: z.number().min(0),
  probeTimeout: z.number().min(0),
  failures: count,
  generation: count,
  openUntil: instant,
  probe: z.object({ operationId: z.string(), until: z.number().finite() }).nullable(),
  seq: count,
  event: z.string(),
  at: z.number().finite(),
  reason,
});

const breakerActive = { status: z.literal('active'), context: breakerContext };
const lease = z.object({
  src: z.literal('timer'),
  snapshot: z.looseObject({ status: z.literal('active'), input: z.object({ dueAt: instant }) }),
});

const breaker = z.union([
  z.looseObject({ ...breakerActive, value: z.enum(['closed', 'isolated']) }),
  z.looseObject({
    ...breakerActive,
    value: z.literal('open'),
    children: z.object({ timer: lease }),
  }),
  z.looseObject({
    ...breakerActive,
    value: z.strictObject({ half_open: z.literal('waiting') }),
  }),
  z.looseObject({
    ...breakerActive,
    value: z.strictObject({ half_open: z.literal('probing') }),
    children: z.object({ lease }),
  }),
]);

export const parseOperationSnapshot = (stored: unknown) =>
  parse<SnapshotFrom<typeof operationMachine>>(operation, stored);
export const parseBreakerSnapshot = (stored: unknown) =>
  parse<SnapshotFrom<typeof breakerMachine>>(breaker, stored);

function parse<S>(schema: z.ZodType, stored: unknown): Parsed<S> {
  const result = schema.safeParse(stored);
  if (result.success) return { ok: true, snapshot: stored as S };
  return { ok: false, why: `the stored snapshot does not fit: ${closest(result.error, stored)}` };
}

/** Of a union's complaints the fewest: those of the state that it is, most likely. */
function closest(error: z.ZodError, stored: unknown): string {
  const [first] = error.issues;
  const branches = first?.code === 'invalid_union' ? first.errors : [error.issues];
  const issues = [...branches].sort((a, b) => a.length - b.length)[0] ?? [];
  if (issues.length === 0) return `it is ${JSON.stringify(stored)?.slice(0, 200)}`;
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'snapshot'}: ${message}`)
    .join('; ');
}
