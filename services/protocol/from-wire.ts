import type { Reason } from '../../machines/vocabulary.ts';
import type {
  BreakerSettingsView,
  BreakerTransition,
  BreakerView,
  OperationSummaryView,
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
import type { BreakerUpdate, ProgressMessage, RecoveryUpdate } from './updates.ts';

const at = (instant: string): number => Date.parse(instant);
const atOrNull = (instant: string | null): number | null => (instant === null ? null : at(instant));

export const transitionFrom = (update: RecoveryUpdate): OperationTransition => ({
  kind: 'operation',
  position: update.position,
  operationId: update.operation_id,
  name: update.function_name,
  seq: update.seq,
  from: update.from_state,
  to: update.state,
  event: update.event,
  attempt: update.attempt,
  reason: reasonFrom(update.reason),
  at: at(update.timestamp),
});

export const breakerTransitionFrom = (update: BreakerUpdate): BreakerTransition => ({
  kind: 'breaker',
  position: update.position,
  key: update.key,
  seq: update.seq,
  from: update.from_state,
  to: update.state,
  event: update.event,
  reason: reasonFrom(update.reason),
  at: at(update.timestamp),
});

export const progressFrom = (message: ProgressMessage): Progress => ({
  operationId: message.operation_id,
  name: message.function_name,
  attempt: message.attempt,
  ...(message.hedge === undefined ? {} : { hedge: message.hedge }),
  value: message.value,
  at: at(message.timestamp),
});

export const summaryFrom = (summary: OperationSummary): OperationSummaryView => ({
  id: summary.operation_id,
  name: summary.function_name,
  state: summary.state,
  path: summary.path,
  attempt: summary.attempt,
  errorMessage: summary.error_message,
  breakerKey: summary.breaker_key,
  parentId: summary.parent_id,
  dueAt: atOrNull(summary.due_at),
  createdAt: at(summary.created_at),
  updatedAt: at(summary.updated_at),
});

export const operationFrom = (resource: OperationResource): OperationView => {
  const { input, output, error, metadata } = resource;
  return {
    ...summaryFrom(resource),
    input,
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(metadata === undefined ? {} : { metadata }),
  };
};

export const stepFrom = (operationId: string, step: StepResource): StepRecord => ({
  operationId,
  name: step.name,
  result: step.result === undefined ? null : JSON.stringify(step.result),
  attempt: step.attempt,
  at: at(step.timestamp),
});

export const breakerFrom = (resource: BreakerResource): BreakerView => ({
  key: resource.key,
  state: resource.state,
  calls: resource.calls,
  failures: resource.failures,
  slow: resource.slow,
  failureRatio: resource.failure_ratio,
  slowRatio: resource.slow_ratio,
  generation: resource.generation,
  openings: resource.openings,
  openUntil: atOrNull(resource.open_until),
  probes: resource.probes,
  tokens: resource.tokens,
  override: resource.override && {
    until: atOrNull(resource.override.until),
    reason: resource.override.reason,
    by: resource.override.by,
  },
  operations: resource.operations,
  settings: settingsFrom(resource.settings),
});

const settingsFrom = (settings: BreakerResource['settings']): BreakerSettingsView => ({
  kind: settings.kind,
  threshold: settings.threshold,
  window: settings.window,
  minimumCalls: settings.minimum_calls,
  slowCallDuration: settings.slow_call_duration,
  slowThreshold: settings.slow_threshold,
  mode: settings.mode,
  permits: settings.permits,
  successes: settings.successes,
  probeTimeout: settings.probe_timeout,
  openTimeout: settings.open_timeout,
  budgetCapacity: settings.budget_capacity,
});

/** A newer server may know kinds and members that this program does not. */
function reasonFrom(reason: RecoveryUpdate['reason']): Reason | null {
  return reason as Reason | null;
}
