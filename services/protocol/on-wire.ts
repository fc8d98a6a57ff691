import type { Reason } from '../../machines/vocabulary.ts';
import type {
  BreakerSettingsView,
  BreakerTransition,
  BreakerView,
  FeedSnapshot,
  OperationSummaryView,
  OperationTransition,
  OperationView,
  Progress,
  StepRecord,
  TransitionCount,
} from '../ports.ts';
import type { ArrowResource } from './machines.ts';
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

/** Without inputs and outputs, and with a line of an error at most: whoever wants them asks for the operation. */
export const summaryOf = (view: OperationSummaryView): OperationSummary => ({
  operation_id: view.id,
  function_name: view.name,
  state: view.state,
  path: view.path,
  attempt: view.attempt,
  breaker_key: view.breakerKey,
  parent_id: view.parentId,
  due_at: instantOrNull(view.dueAt),
  created_at: instant(view.createdAt),
  updated_at: instant(view.updatedAt),
  error_message: view.errorMessage,
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
  settings: settingsOf(view.settings),
});

const settingsOf = (settings: BreakerSettingsView): BreakerResource['settings'] => ({
  kind: settings.kind,
  mode: settings.mode,
  threshold: settings.threshold,
  window: settings.window,
  minimum_calls: settings.minimumCalls,
  slow_call_duration: settings.slowCallDuration,
  slow_threshold: settings.slowThreshold,
  permits: settings.permits,
  successes: settings.successes,
  probe_timeout: settings.probeTimeout,
  open_timeout: settings.openTimeout,
  budget_capacity: settings.budgetCapacity,
});

export const arrowOf = (counted: TransitionCount): ArrowResource => ({
  machine: counted.kind,
  from: counted.from,
  to: counted.to,
  event: counted.event,
  reason_kind: counted.reasonKind,
  count: counted.count,
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
