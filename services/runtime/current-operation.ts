import { AsyncLocalStorage } from 'node:async_hooks';
import type { OperationContext } from '../ports.ts';

const storage = new AsyncLocalStorage<OperationContext>();

/** The operation that the caller runs in, however deep below its function; undefined outside of one. */
export function currentOperation(): OperationContext | undefined {
  return storage.getStore();
}

/** Runs what serves all operations, so that nothing of it seems to be called by one of them. */
export function runOutside<T>(fn: () => T): T {
  return storage.run(undefined as unknown as OperationContext, fn);
}

export function runWithin<T>(operation: OperationContext, fn: () => T): T {
  return storage.run(operation, fn);
}
