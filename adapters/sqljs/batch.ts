import { PersistenceError } from '../../services/errors.ts';
import type { CommitBatch, OperationWrite, TransitionWrite } from '../../services/ports.ts';
import { type OperationRow, operationRow, type TransitionRow, transitionRow } from './rows.ts';

/** What the payload of a frame is, as JSON. */
export interface EncodedBatch extends Omit<CommitBatch, 'operations' | 'transitions'> {
  readonly operations: readonly OperationRow[];
  readonly transitions: readonly TransitionRow[];
}

/** The payload of a frame, whose rows stood in it as objects before they were arrays: a redo file outlives an update. */
export function decodeBatch(payload: string): EncodedBatch {
  const batch = JSON.parse(payload) as EncodedBatch & CommitBatch;
  return isOfToday(batch.operations) && isOfToday(batch.transitions)
    ? batch
    : {
        ...batch,
        operations: batch.operations.map(operationRow),
        transitions: batch.transitions.map(transitionRow),
      };
}

const isOfToday = (rows: readonly unknown[]) => rows.length === 0 || Array.isArray(rows[0]);

/**
 * A batch as the payload of a frame. Checks what the database would refuse: what has been acknowledged must be possible to apply, now and at
 * every opening.
 * @throws PersistenceError
 */
export function encodeBatch(batch: CommitBatch): string {
  for (const write of batch.operations) checkOperation(write);
  for (const write of batch.transitions) checkTransition(write);
  for (const { operationId, name, attempt, at } of batch.steps) {
    require(isText(operationId) && isText(name) && isNumber(attempt) && isNumber(at), 'step', name);
  }
  for (const { operationId, name } of batch.forgottenSteps ?? []) {
    require(isText(operationId) && isText(name), 'forgotten step', name);
  }
  for (const key of batch.forgottenBreakers ?? []) require(isText(key), 'forgotten breaker', key);
  for (const { key, state, seq, updatedAt } of batch.breakers) {
    require(isText(key) && isText(state) && isNumber(seq) && isNumber(updatedAt), 'breaker', key);
  }
  try {
    return JSON.stringify({
      ...batch,
      operations: batch.operations.map(operationRow),
      transitions: batch.transitions.map(transitionRow),
    } satisfies EncodedBatch);
  } catch (error) {
    throw new PersistenceError(`the batch is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function checkOperation(write: OperationWrite): void {
  require(isText(write.id) &&
    isText(write.name) &&
    isText(write.state) &&
    isText(write.breakerKey) &&
    isNumber(write.attempt) &&
    isNumber(write.seq) &&
    isNumber(write.version) &&
    isNumber(write.epoch) &&
    isNumber(write.updatedAt) &&
    (write.createdAt === undefined || isNumber(write.createdAt)), 'operation', write.id);
}

function checkTransition(write: TransitionWrite): void {
  require(isText(write.kind === 'operation' ? write.operationId : write.key) &&
    isText(write.to) &&
    isText(write.event) &&
    isNumber(write.seq) &&
    isNumber(write.at), 'transition', write.event);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return Number.isFinite(value);
}

function require(valid: boolean, what: string, name: unknown): void {
  if (valid) return;
  throw new PersistenceError(
    `the ${what} ${JSON.stringify(name)} lacks a value that every row needs`,
  );
}
