import type { BreakerTransition, FeedSnapshot, OperationTransition, Progress } from '../ports.ts';
import type { BreakerUpdate, ProgressMessage, RecoveryUpdate, SnapshotMessage } from './updates.ts';

const instant = (at: number): string => new Date(at).toISOString();

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
  reason: transition.reason && { ...transition.reason },
});

export const breakerUpdateOf = (transition: BreakerTransition): BreakerUpdate => ({
  key: transition.key,
  state: transition.to,
  timestamp: instant(transition.at),
  position: transition.position,
  seq: transition.seq,
  from_state: transition.from,
  event: transition.event,
  reason: transition.reason && { ...transition.reason },
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
export const snapshotOf = (snapshot: FeedSnapshot): SnapshotMessage => ({
  position: snapshot.position,
  operations: snapshot.operations.map(view => ({
    operation_id: view.id,
    function_name: view.name,
    state: view.state,
    attempt: view.attempt,
    breaker_key: view.breakerKey,
    due_at: view.dueAt === null ? null : instant(view.dueAt),
    created_at: instant(view.createdAt),
    timestamp: instant(view.updatedAt),
  })),
  breakers: snapshot.breakers.map(({ key, state, calls, failures }) => ({
    key,
    state,
    calls,
    failures,
  })),
  more: snapshot.more,
});
