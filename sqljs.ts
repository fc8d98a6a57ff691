export * from './adapters/sqljs/index.ts';
