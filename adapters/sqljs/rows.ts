import type { OperationWrite, TransitionWrite } from '../../services/ports.ts';

/**
 * Operations and transitions as they stand in a frame: arrays in the order of their columns, which are shorter and are read and written faster
 * than objects, and there are six of them for each operation.
 */

/** `null` stands for what is absent. `snapshot` and `reason` are JSON values, not text, so that nothing is escaped twice. */
export type OperationRow = readonly [
  id: string,
  name: string,
  state: string,
  attempt: number,
  seq: number,
  result: string | null,
  error: string | null,
  snapshot: unknown,
  version: number,
  breakerKey: string,
  dueAt: number | null,
  owner: string | null,
  epoch: number,
  updatedAt: number,
  /** What never changes, where the write gives it. */
  lasting?: Lasting,
];

export interface Lasting {
  readonly args?: string | null;
  readonly metadata?: string | null;
  readonly parentId?: string | null;
  readonly createdAt?: number;
}

export type TransitionRow = readonly [
  operationId: string | null,
  breakerKey: string | null,
  functionName: string | null,
  seq: number,
  from: string | null,
  to: string,
  event: string,
  attempt: number | null,
  reason: unknown,
  at: number,
];

export function operationRow(write: OperationWrite): OperationRow {
  const row = [
    write.id,
    write.name,
    write.state,
    write.attempt,
    write.seq,
    write.result ?? null,
    write.error ?? null,
    write.snapshot ?? null,
    write.version,
    write.breakerKey,
    write.dueAt ?? null,
    write.owner ?? null,
    write.epoch,
    write.updatedAt,
  ] as const;
  const { args, metadata, parentId, createdAt } = write;
  // Most are nobody's children: for them nothing is written.
  const parent = parentId == null ? undefined : parentId;
  if (args === undefined && metadata === undefined && createdAt === undefined && !parent) {
    return row;
  }
  const lasting = { args, metadata, createdAt, ...(parent && { parentId: parent }) };
  return [...row, lasting as Lasting];
}

export function transitionRow(write: TransitionWrite): TransitionRow {
  const { seq, from, to, event, reason, at } = write;
  return write.kind === 'operation'
    ? [write.operationId, null, write.name, seq, from, to, event, write.attempt, reason, at]
    : [null, write.key, null, seq, from, to, event, null, reason, at];
}
