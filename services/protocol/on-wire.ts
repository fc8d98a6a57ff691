import type { Reason } from '../../machines/vocabulary.ts';
import type {
  BreakerTransition,
  BreakerView,
  FeedSnapshot,
  OperationTransition,
  OperationView,
  Progress,
  StepRecord,
} from '../ports.ts';
import type {
  BreakerResource,
  OperationResource,
  OperationSummary,
  StepResource,
} from './resources.ts';
import type { BreakerUpdate, ProgressMessage, RecoveryUpdate, SnapshotMessage } from './updates.ts';

const instant = (at: number): string => new Date(at).toISOString();
const instantOrNull = (at: number | null): string | null => (at === null ? null : instant(at));

export const recoveryUpdateOf = (transition: OperationTransition): RecoveryUpdate => ({
  operation_id: transition.operationId,
  state: transition.to,
  timestamp: instant(transition.at),
  position: transition.position,
  function_name: transition.name,
  seq: transition.seq,
  from_state: transition.from,
  event: transition.event,
  attempt: transition.attempt,
  reason: reasonOf(transition.reason),
});

export const breakerUpdateOf = (transition: BreakerTransition): BreakerUpdate => ({
  key: transition.key,
  state: transition.to,
  timestamp: instant(transition.at),
  position: transition.position,
  seq: transition.seq,
  from_state: transition.from,
  event: transition.event,
  reason: reasonOf(transition.reason),
});

export const progressOf = (progress: Progress): ProgressMessage => ({
  operation_id: progress.operationId,
  function_name: progress.name,
  attempt: progress.attempt,
  ...(progress.hedge === undefined ? {} : { hedge: progress.hedge }),
  value: progress.value,
  timestamp: instant(progress.at),
});

/** Without inputs, outputs and errors: whoever wants them asks for the operation. */
export const summaryOf = (view: OperationView): OperationSummary => ({
  operation_id: view.id,
  function_name: view.name,
  state: view.state,
  attempt: view.attempt,
  breaker_key: view.breakerKey,
  due_at: instantOrNull(view.dueAt),
  created_at: instant(view.createdAt),
  updated_at: instant(view.updatedAt),
});

export const operationOf = (view: OperationView): OperationResource => ({
  ...summaryOf(view),
  input: view.input,
  ...('output' in view ? { output: view.output } : {}),
  ...('error' in view ? { error: withoutStack(view.error) } : {}),
  ...('metadata' in view ? { metadata: view.metadata } : {}),
});

export const stepOf = ({ name, attempt, result, at }: StepRecord): StepResource => ({
  name,
  attempt,
  ...(result === null ? {} : { result: JSON.parse(result) }),
  timestamp: instant(at),
});

export const breakerOf = (view: BreakerView): BreakerResource => ({
  key: view.key,
  state: view.state,
  calls: view.calls,
  failures: view.failures,
  slow: view.slow,
  failure_ratio: view.failureRatio,
  slow_ratio: view.slowRatio,
  generation: view.generation,
  openings: view.openings,
  open_until: instantOrNull(view.openUntil),
  probes: view.probes,
  tokens: view.tokens,
  override: view.override && {
    until: instantOrNull(view.override.until),
    reason: view.override.reason,
    by: view.override.by,
  },
  operations: view.operations,
});

export const snapshotOf = (snapshot: FeedSnapshot): SnapshotMessage => ({
  position: snapshot.position,
  operations: snapshot.operations.map(summaryOf),
  breakers: snapshot.breakers.map(breakerOf),
  more: snapshot.more,
});

function reasonOf(reason: Reason | null): RecoveryUpdate['reason'] {
  if (reason === null) return null;
  const { fallback } = reason;
  return { ...reason, ...(fallback && { fallback: withoutStack(fallback) }) };
}

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
