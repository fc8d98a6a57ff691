import type { Limit } from '../../machines/vocabulary.ts';
import { AttemptTimeoutError } from '../errors.ts';

/** Where a call ends that takes too long. */
export interface TimeLimit {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The limit of the whole operation that it is; undefined for that of one call. */
  readonly limit: Limit | undefined;
}

/** The nearer of a call's two limits; undefined when there is none. @param timeout milliseconds @param deadline epoch milliseconds */
export function timeLimitOf(
  timeout: number | undefined,
  deadline: number | null,
  now: number,
): TimeLimit | undefined {
  if (timeout === undefined && deadline === null) return undefined;
  const end = timeout === undefined ? Number.POSITIVE_INFINITY : now + timeout;
  if (deadline === null || deadline > end) return { at: end, limit: undefined };
  return { at: deadline, limit: 'totalTimeout' };
}

/** A call, as its errors tell of it. */
export interface TimedCall {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
}

/** @param timeout milliseconds */
export function attemptTimedOut(
  { id, name, attempt }: TimedCall,
  { at, limit }: TimeLimit,
  timeout: number | undefined,
): AttemptTimeoutError {
  // The deadline may be that of another operation, which has handed it down.
  const what =
    limit === undefined ? `timeout of ${timeout} ms` : `deadline, ${new Date(at).toISOString()}`;
  return new AttemptTimeoutError(
    `attempt ${attempt} of operation "${id}" (${name}) ran into its ${what}`,
    { details: { operationId: id, attempt, limit: limit ?? 'timeout' } },
  );
}

/** @param timeout milliseconds */
export function undoTimedOut(
  { id, name, attempt }: TimedCall,
  undo: string,
  timeout: number,
): AttemptTimeoutError {
  return new AttemptTimeoutError(
    `undo "${undo}" of operation "${id}" (${name}) ran into its timeout of ${timeout} ms`,
    { details: { operationId: id, undo, attempt, limit: 'timeout' } },
  );
}

/** @param timeout milliseconds */
export function fallbackTimedOut(
  { id, name, attempt }: TimedCall,
  timeout: number,
): AttemptTimeoutError {
  return new AttemptTimeoutError(
    `the fallback of operation "${id}" (${name}) ran into its timeout of ${timeout} ms`,
    { details: { operationId: id, attempt, limit: 'timeout' } },
  );
}
