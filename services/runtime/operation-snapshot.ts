import type { ActorRefFrom, SnapshotFrom } from 'xstate';
import type { operationMachine } from '../../machines/operation/machine.ts';
import type { LastTransition, OperationContext } from '../../machines/operation/types.ts';
import type { OperationRecord, RecoveryState } from '../ports.ts';

export type OperationRef = ActorRefFrom<typeof operationMachine>;
export type OperationSnapshot = SnapshotFrom<typeof operationMachine>;

/** The top-level state. */
export function stateOf({ value }: OperationSnapshot): RecoveryState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as RecoveryState;
}

export const isUnfinished = ({ state }: Pick<OperationRecord, 'state'>): boolean =>
  state === 'pending' || state === 'in_progress' || state === 'recovering';

/** It has left the state in which it waits to begin, and so has the lock that it needs; unless its time was over before that, and its fallback stands in. */
export const hasLock = (snapshot: OperationSnapshot): boolean =>
  stateOf(snapshot) !== 'pending' && snapshot.context.ending?.withoutLock !== true;

/** What it has done is being taken back, or is about to be. */
export const isUndoing = ({ value, context }: OperationSnapshot): boolean =>
  context.undos !== null && isIn(value, 'undoing');

const isIn = (value: unknown, child: string): boolean =>
  typeof value === 'object' && value !== null && Object.values(value)[0] === child;

/** It counts as in progress: an undo, which must not wait for a slot, has none. */
export const takesSlot = (snapshot: OperationSnapshot): boolean =>
  stateOf(snapshot) === 'in_progress' && !isUndoing(snapshot);

const contextOf = (stored: unknown): Partial<OperationContext> =>
  ((stored ?? {}) as { readonly context?: Partial<OperationContext> }).context ?? {};

/** What a stored operation has done is being taken back. */
export const takesBack = (stored: unknown): boolean =>
  isIn((stored as { readonly value?: unknown } | null | undefined)?.value, 'undoing');

/** Undos of a stored operation that has ended have run. */
export function hasUndos(stored: unknown): boolean {
  const { undos } = contextOf(stored);
  return undos != null && undos.done + undos.failed.length > 0;
}

/** Lives of a stored operation that have ended with undos, the last one included. */
export const undoneOf = (stored: unknown): number =>
  (contextOf(stored).undone ?? 0) + (hasUndos(stored) ? 1 : 0);

/**
 * What `actor.getPersistedSnapshot()` gives, without the output, which has a column of its own. Made by hand, since it is made for each write and
 * XState's searches the whole context for actor references, of which ours has none.
 */
export function persisted(snapshot: OperationSnapshot): object {
  const { status, value, context } = snapshot;
  const children: Record<string, object> = {};
  for (const [id, child] of Object.entries(snapshot.children)) {
    if (child !== undefined) {
      children[id] = { snapshot: child.getPersistedSnapshot(), src: child.src };
    }
  }
  return { status, value, historyValue: {}, context, children };
}

/**
 * The transition in between, which the snapshot before and this one do not show: the chart counts two at once when the breaker's answer sent it
 * on, and it was `in_progress` until then.
 */
export function askedBetween(
  seq: number,
  state: RecoveryState | null,
  last: LastTransition,
): LastTransition | undefined {
  if (last.seq - seq !== 2) return undefined;
  const event = state === 'pending' ? 'start' : 'due';
  return { seq: last.seq - 1, event, at: last.at, reason: null };
}
