import { AsyncLocalStorage } from 'node:async_hooks';
import type { OperationContext } from '../ports.ts';

const storage = new AsyncLocalStorage<OperationContext>();

/** The operation that the caller runs in, however deep below its function; undefined outside of one. */
export function currentOperation(): OperationContext | undefined {
  return storage.getStore();
}

export function runWithin<T>(operation: OperationContext, fn: () => T): T {
  return storage.run(operation, fn);
}
