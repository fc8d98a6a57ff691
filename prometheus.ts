export * from './adapters/prometheus/index.ts';
