export * from './adapters/testing/index.ts';
