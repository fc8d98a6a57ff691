export { describeStore, type StoreDescription } from './describe-store.ts';
export { inspectStore, type StoreInspection, type StoreProblem } from './inspect-store.ts';
export type { SqlJsPersistenceOptions } from './options.ts';
export { SqlJsPersistence } from './sqljs-persistence.ts';
