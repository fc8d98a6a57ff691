export * from './adapters/pino/index.ts';
