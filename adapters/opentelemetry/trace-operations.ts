import type { Recovery } from '../../services/ports.ts';
import { resolved, type TraceOperationsOptions } from './options.ts';
import { Tracing } from './tracing.ts';

/**
 * Makes OpenTelemetry spans of operations, attempts and steps. While a function runs, its span is the active one. Call it before `resume()`, so that
 * nothing is missed.
 * @returns what ends it: it ends the spans of what is at work
 * @throws ConfigError that names every problem of the options, or when `@opentelemetry/api` is not installed
 */
export function traceOperations(
  recovery: Pick<Recovery, 'observe'>,
  options: TraceOperationsOptions = {},
): () => void {
  const tracing = new Tracing(resolved(options));
  const unobserve = recovery.observe(tracing);
  return () => {
    unobserve();
    tracing.stop();
  };
}
