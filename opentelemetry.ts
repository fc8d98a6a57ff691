export * from './adapters/opentelemetry/index.ts';
