export * from './adapters/inspector/index.ts';
