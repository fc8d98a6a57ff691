export type { OpenTelemetryApi } from './api.ts';
export type { TraceOperationsOptions } from './options.ts';
export { traceOperations } from './trace-operations.ts';
