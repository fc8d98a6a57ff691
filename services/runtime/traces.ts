import type { ObservedBeginning } from '../ports.ts';
import { currentOperation } from './current-operation.ts';
import type { LiveOperation } from './live-operation.ts';
import type { Observers } from './observers.ts';
import type { OperationSnapshot } from './operation-snapshot.ts';

/**
 * Tells that an operation comes to life.
 * @param known where its trace goes on, from an earlier life
 * @returns where its trace goes on from now on
 */
export function traceOfLife(
  observers: Pick<Observers, 'none' | 'operationBegan'>,
  { id: operationId, name, breakerKey }: LiveOperation,
  how: ObservedBeginning['how'],
  known: string | undefined,
): string | undefined {
  if (observers.none) return known;
  const startedBy = how === 'resumed' ? undefined : currentOperation()?.id;
  return observers.operationBegan({ operationId, name, breakerKey, trace: known, how, startedBy });
}

/** Where the trace of a stored operation goes on; undefined where nobody has traced it. */
export function traceOf(stored: unknown): string | undefined {
  const { context } = (stored ?? {}) as { readonly context?: { readonly trace?: unknown } | null };
  return typeof context?.trace === 'string' ? context.trace : undefined;
}

/** The snapshot of an operation that goes on in that trace. */
export const tracedIn = (
  snapshot: OperationSnapshot,
  trace: string | undefined,
): OperationSnapshot =>
  trace === undefined || trace === snapshot.context.trace
    ? snapshot
    : { ...snapshot, context: { ...snapshot.context, trace } };
