export type { SqlJsPersistenceOptions } from './options.ts';
export { SqlJsPersistence } from './sqljs-persistence.ts';
