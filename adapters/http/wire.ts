import { z } from 'zod';
import {
  BreakerState,
  type BreakerView,
  type OperationTransition,
  type OperationView,
  RecoveryState,
  type StepRecord,
} from '../../services/ports.ts';

/** The shapes of answers: snake_case, instants as ISO 8601. */

const instant = z.iso.datetime();
const count = z.int().min(0);

export const operationSchema = z
  .object({
    operation_id: z.string(),
    function_name: z.string().describe('Name of the definition.'),
    state: z.enum(RecoveryState),
    attempt: count.describe('Attempts begun so far.'),
    input: z.unknown().optional(),
    output: z.unknown().optional(),
    error: z.unknown().optional().describe("What ended it, or the last attempt's error."),
    metadata: z.unknown().optional(),
    breaker_key: z.string(),
    due_at: instant.nullable().describe('When its next timer is due.'),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Operation' });

export const transitionSchema = z
  .object({
    position: count.describe('Place in the whole store.'),
    operation_id: z.string(),
    function_name: z.string(),
    seq: count.describe('Number within the operation, from 1.'),
    from_state: z.enum(RecoveryState).nullable(),
    state: z.enum(RecoveryState),
    event: z.string(),
    attempt: count,
    reason: z.looseObject({ kind: z.string(), message: z.string() }).nullable(),
    timestamp: instant,
  })
  .meta({ id: 'Transition' });

export const stepSchema = z
  .object({ name: z.string(), attempt: count, result: z.unknown().optional(), timestamp: instant })
  .meta({ id: 'Step' });

export const breakerSchema = z
  .object({
    key: z.string(),
    state: z.enum(BreakerState),
    calls: count,
    failures: count,
    slow: count,
    failure_ratio: z.number(),
    slow_ratio: z.number(),
    generation: count,
    openings: count,
    open_until: instant.nullable(),
    probes: count,
    tokens: z.number().nullable(),
    override: z
      .object({
        until: instant.nullable(),
        reason: z.string().nullable(),
        by: z.string().nullable(),
      })
      .nullable(),
    operations: count,
  })
  .meta({ id: 'Breaker' });

export type WireOperation = z.infer<typeof operationSchema>;
export type WireTransition = z.infer<typeof transitionSchema>;
export type WireStep = z.infer<typeof stepSchema>;
export type WireBreaker = z.infer<typeof breakerSchema>;

export function operationOnWire(view: OperationView): WireOperation {
  return {
    operation_id: view.id,
    function_name: view.name,
    state: view.state,
    attempt: view.attempt,
    input: view.input,
    ...('output' in view ? { output: view.output } : {}),
    ...('error' in view ? { error: withoutStack(view.error) } : {}),
    ...('metadata' in view ? { metadata: view.metadata } : {}),
    breaker_key: view.breakerKey,
    due_at: isoOrNull(view.dueAt),
    created_at: iso(view.createdAt),
    updated_at: iso(view.updatedAt),
  };
}

export function transitionOnWire(transition: OperationTransition): WireTransition {
  const { reason } = transition;
  return {
    position: transition.position,
    operation_id: transition.operationId,
    function_name: transition.name,
    seq: transition.seq,
    from_state: transition.from,
    state: transition.to,
    event: transition.event,
    attempt: transition.attempt,
    reason:
      reason === null
        ? null
        : { ...reason, ...(reason.fallback && { fallback: withoutStack(reason.fallback) }) },
    timestamp: iso(transition.at),
  };
}

export function stepOnWire({ name, attempt, result, at }: StepRecord): WireStep {
  return {
    name,
    attempt,
    ...(result === null ? {} : { result: JSON.parse(result) }),
    timestamp: iso(at),
  };
}

export function breakerOnWire(view: BreakerView): WireBreaker {
  const { override } = view;
  return {
    key: view.key,
    state: view.state,
    calls: view.calls,
    failures: view.failures,
    slow: view.slow,
    failure_ratio: view.failureRatio,
    slow_ratio: view.slowRatio,
    generation: view.generation,
    openings: view.openings,
    open_until: isoOrNull(view.openUntil),
    probes: view.probes,
    tokens: view.tokens,
    override: override && {
      until: isoOrNull(override.until),
      reason: override.reason,
      by: override.by,
    },
    operations: view.operations,
  };
}

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

/** An error without the stacks of it and its causes: they name files of this machine. */
function withoutStack(error: unknown): unknown {
  if (Array.isArray(error)) return error.map(withoutStack);
  if (typeof error !== 'object' || error === null) return error;
  const { stack: _, cause, errors, ...rest } = error as Readonly<Record<string, unknown>>;
  return {
    ...rest,
    ...(cause === undefined ? {} : { cause: withoutStack(cause) }),
    ...(errors === undefined ? {} : { errors: withoutStack(errors) }),
  };
}
