/** Stored snapshots are other people's data: they are checked before an actor is made of one. */
import type { SnapshotFrom } from 'xstate';
import { z } from 'zod';
import type { operationMachine } from '../../machines/operation/machine.ts';
import { ErrorCategory, type RecoveryState } from '../../machines/vocabulary.ts';

export type Parsed<S> =
  | { readonly ok: true; readonly snapshot: S }
  | { readonly ok: false; readonly why: string };

/** By state. */
export type Schemas = Readonly<Record<string, z.ZodType>>;

export const instant = z.number().finite().nullable();
export const count = z.number().int().min(0);
const words = z.looseObject({ kind: z.string(), message: z.string() });
export const reason = words.nullable();
const category = z.enum(ErrorCategory);
export const tokens = z.number().finite().min(0);
const yes = z.literal(true).optional();

export const child = <Id extends string>(id: Id, input: z.ZodType) =>
  z.object({
    src: z.literal(id),
    snapshot: z.looseObject({ status: z.literal('active'), input }),
  });
/** What a fallback stands in for: without it, there would be no end when the fallback fails. */
const ending = z.object({
  state: z.enum(['failed', 'exhausted']),
  reason: words,
  withoutLock: z.literal(true).optional(),
});

const undo = z.object({ name: z.string().min(1), input: z.string().nullable() });
const undos = z.object({
  left: z.array(undo),
  failures: count,
  interruptions: count,
  done: count,
  failed: z.array(z.object({ name: z.string(), error: z.string(), message: z.string() })),
});

const operationContext = z.looseObject({
  v: z.literal(3),
  operationId: z.string().min(1),
  name: z.string().min(1),
  policy: z.looseObject({
    maxRetries: count,
    maxInterruptions: count,
    whenOpen: z.enum(['fail', 'wait']),
    deadline: instant,
    seed: count,
    byCategory: z.partialRecord(category, count).optional(),
    lock: z.string().min(1).optional(),
    limited: yes,
    fallback: yes,
    undoRetries: count.optional(),
    budget: z.object({ whenEmpty: z.enum(['fail', 'wait']), refund: tokens }).optional(),
  }),
  attempt: count,
  counts: z.looseObject({
    retries: count,
    interruptions: count,
    streak: count,
    byCategory: z.partialRecord(category, z.object({ retries: count, streak: count })).optional(),
  }),
  held: z.object({ generation: z.number().int() }).nullable(),
  wait: z.looseObject({
    dueAt: instant,
    remaining: instant,
    delay: instant,
    draw: instant,
    category: category.optional(),
    owed: tokens.optional(),
    paid: tokens.optional(),
  }),
  troubledAt: instant,
  outcome: z.looseObject({
    outcome: z.enum(['success', 'failure', 'ignored']),
    duration: tokens.optional(),
    retryAfter: tokens.optional(),
    refund: tokens.optional(),
  }),
  ending: ending.nullable(),
  undos: undos.nullable(),
  error: z.looseObject({ name: z.string(), message: z.string() }).nullable(),
  last: z.object({ seq: count, event: z.string(), at: z.number().finite(), reason }),
  trace: z.string().optional(),
  undone: count.optional(),
});

const active = { status: z.literal('active'), context: operationContext };
const ended = z.looseObject({ status: z.literal('done'), context: operationContext });
const attempt = child('attempt', z.object({ operationId: z.string(), attempt: count }));
const timer = child('timer', z.object({ dueAt: instant }));
const gate = child(
  'gate',
  z.object({
    operationId: z.string(),
    retryAt: instant,
    deadline: instant,
    cost: tokens.optional(),
  }),
);
const slot = child('slot', z.object({ operationId: z.string(), deadline: instant }));
const fallback = child('fallback', z.object({ operationId: z.string(), attempt: count }));
const undoCall = child('undo', z.object({ operationId: z.string(), attempt: count }));
const fallingBack = z.looseObject({ ...operationContext.shape, ending });

/** What its end would be without an undo to call is not for the chart to find out. */
const undoing = z.looseObject({
  ...operationContext.shape,
  ending,
  undos: undos.extend({ left: z.array(undo).min(1) }),
});

const noActors = z.strictObject({});

/** Each resting state with the actors that it must have, since a state without its actor would never end. */
const operationStates: Schemas = {
  'pending.queued': z.looseObject({ ...active, children: noActors }),
  'pending.locked': z.looseObject({ ...active, children: noActors }),
  'pending.paused': z.looseObject({ ...active, children: noActors }),
  'in_progress.running': z.looseObject({ ...active, children: z.strictObject({ attempt }) }),
  'in_progress.falling_back': z.looseObject({
    ...active,
    context: fallingBack,
    children: z.strictObject({ fallback }),
  }),
  'in_progress.undoing': z.looseObject({
    ...active,
    context: undoing,
    children: z.strictObject({ undo: undoCall }),
  }),
  'recovering.undoing': z.looseObject({
    ...active,
    context: undoing,
    children: z.strictObject({ timer }),
  }),
  'recovering.backoff': z.looseObject({ ...active, children: z.strictObject({ timer }) }),
  'recovering.blocked': z.looseObject({ ...active, children: z.strictObject({ gate }) }),
  'recovering.queued': z.looseObject({ ...active, children: z.strictObject({ slot }) }),
  'recovering.paused': z.looseObject({ ...active, children: noActors }),
  success: ended,
  failed: ended,
  exhausted: ended,
};

export const parseOperationSnapshot = (stored: unknown) =>
  parse<SnapshotFrom<typeof operationMachine>>(operationStates, stored);

export function parse<S>(states: Schemas, stored: unknown): Parsed<S> {
  const refuse = (why: string) =>
    ({ ok: false, why: `the stored snapshot does not fit: ${why}` }) as const;
  const path = pathOf((stored as { readonly value?: unknown } | null | undefined)?.value);
  const schema = path !== undefined && Object.hasOwn(states, path) ? states[path] : undefined;
  if (schema === undefined) {
    return refuse(
      `its state is ${JSON.stringify(path) ?? 'missing'}, which the chart does not rest in`,
    );
  }
  const result = schema.safeParse(stored);
  if (result.success) return { ok: true, snapshot: stored as S };
  const issues = result.error.issues.slice(0, 3);
  return refuse(issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/**
 * Where in its chart a stored operation rests: `recovering.backoff`.
 * @param value of its snapshot
 * @returns the state alone where the chart does not rest in such a place of it
 */
export function restingPathOf(state: RecoveryState, value: unknown): string {
  const path = pathOf(value);
  const known = path !== undefined && Object.hasOwn(operationStates, path);
  return known && path.startsWith(`${state}.`) ? path : state;
}

/** A state's value as one word: `recovering.backoff`. */
function pathOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.includes('.') ? undefined : value;
  if (typeof value !== 'object' || value === null) return undefined;
  const [[parent, child] = [], ...others] = Object.entries(value);
  return others.length === 0 && typeof child === 'string' ? `${parent}.${child}` : undefined;
}
