import type {
  BreakerRecord,
  BreakerTransition,
  CommitBatch,
  OperationRecord,
  OperationTransition,
  StepRecord,
} from '../../services/ports.ts';

/** Rows for tests of stores: whole, and with only what matters said. */

export function batch(parts: Partial<CommitBatch>): CommitBatch {
  return { operations: [], steps: [], transitions: [], breakers: [], ...parts };
}

export function operation(id: string, parts: Partial<OperationRecord> = {}): OperationRecord {
  return {
    id,
    name: 'download',
    state: 'pending',
    attempt: 0,
    seq: 1,
    args: '["x"]',
    result: null,
    error: null,
    metadata: null,
    snapshot: { value: { pending: 'queued' }, context: { attempt: 0 } },
    version: 1,
    breakerKey: 'download',
    parentId: null,
    dueAt: null,
    owner: null,
    epoch: 0,
    createdAt: 1000,
    updatedAt: 1000,
    ...parts,
  };
}

export function step(
  operationId: string,
  name: string,
  parts: Partial<StepRecord> = {},
): StepRecord {
  return { operationId, name, result: '1', attempt: 1, at: 1000, ...parts };
}

export function breaker(key: string, parts: Partial<BreakerRecord> = {}): BreakerRecord {
  return { key, state: 'closed', seq: 1, snapshot: { value: 'closed' }, updatedAt: 1000, ...parts };
}

/** A transition of an operation. */
export function moved(operationId: string, seq: number): Omit<OperationTransition, 'position'> {
  return {
    kind: 'operation',
    operationId,
    name: 'download',
    seq,
    from: seq === 1 ? null : 'pending',
    to: 'in_progress',
    event: 'start',
    attempt: seq,
    reason: seq % 2 ? null : { kind: 'retry', message: 'because', delay: 5, dueAt: 1000 },
    at: 1000 + seq,
  };
}

export function breakerTransition(key: string, seq: number): Omit<BreakerTransition, 'position'> {
  return {
    kind: 'breaker',
    key,
    seq,
    from: seq === 1 ? null : 'closed',
    to: 'open',
    event: 'tripped',
    reason: { kind: 'threshold', message: 'five failures' },
    at: 1000 + seq,
  };
}
