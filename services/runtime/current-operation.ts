import { AsyncLocalStorage } from 'node:async_hooks';
import type { OperationContext } from '../ports.ts';

const storage = new AsyncLocalStorage<OperationContext>();

/** Knows nothing of what the callers of this module's functions keep in storages of their own, such as spans. */
const apart = AsyncLocalStorage.snapshot();

/** The operation that the caller runs in, however deep below its function; undefined outside of one. */
export function currentOperation(): OperationContext | undefined {
  return storage.getStore();
}

/** Runs what serves all operations, so that nothing of it seems to be called by one of them. */
export function runOutside<T>(fn: () => T): T {
  return storage.run(undefined as unknown as OperationContext, fn);
}

/** Runs what serves all operations and calls other people's code, so that what that traces seems to be called by nobody either. */
export function runApart<T>(fn: () => T): T {
  return apart(runOutside, fn);
}

export function runWithin<T>(operation: OperationContext, fn: () => T): T {
  return storage.run(operation, fn);
}
