/** The interfaces that adapters fulfil, and the one through which inbound adapters see the services. */
export * from '../machines/vocabulary.ts';
export * from './ports/breakers.ts';
export * from './ports/calls.ts';
export * from './ports/clock.ts';
export * from './ports/health.ts';
export * from './ports/inspection.ts';
export * from './ports/logger.ts';
export * from './ports/observer.ts';
export * from './ports/operation-view.ts';
export * from './ports/persistence.ts';
export * from './ports/policy.ts';
export * from './ports/policy-lab.ts';
export * from './ports/recovery.ts';
export * from './ports/streams.ts';
