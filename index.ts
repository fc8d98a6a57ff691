/** xstate-recovery: any async function as a durable XState actor. */
export { MemoryPersistence } from './adapters/memory/index.ts';
export { createRecovery, type RecoveryOptions } from './create-recovery.ts';
export { defaultRecovery, recoverable, setDefaultRecovery } from './default-recovery.ts';
export { breakerMachine } from './machines/breaker/machine.ts';
export { operationMachine } from './machines/operation/machine.ts';
export { ErrorClassifier } from './services/classification/index.ts';
export type { ConfigOptions, RecoveryConfig } from './services/config.ts';
export * from './services/errors.ts';
export * from './services/ports.ts';
export type { Recoverable, RecoverableOptions, Recovered } from './services/recoverable.ts';
export type { DurableRecovery } from './services/recovery.ts';
export { currentOperation } from './services/runtime/current-operation.ts';
export * from './services/strategies/index.ts';
export { conflateByOperation, forOperation, forState } from './services/stream/operators.ts';
