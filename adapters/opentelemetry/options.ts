import type { Tracer, TracerProvider } from '@opentelemetry/api';
import { ConfigError } from '../../services/errors.ts';
import { loadApi, type OpenTelemetryApi, ownVersion } from './api.ts';

export interface TraceOperationsOptions {
  /** Makes the spans. @default the one that the provider calls `xstate-recovery` */
  readonly tracer?: Tracer;
  /** Gives the tracer; not beside `tracer`. @default the one that the app has registered */
  readonly tracerProvider?: TracerProvider;
  /**
   * Asked once for each operation; one that is not sampled has no spans in any of its lives, and what its function traces is not sampled either.
   * @default every operation is left to the app's sampler
   */
  readonly sampled?: (operationId: string, name: string) => boolean;
  /**
   * What a span that is active where an operation is started, such as that of a request, is to the operation's: `link` keeps their traces apart, `parent` makes
   * them one, with one sampling decision. An operation that is started inside another one's function is always its child.
   * @default 'link'
   */
  readonly activeSpan?: 'link' | 'parent';
  /** The module `@opentelemetry/api`, for apps whose bundler leaves no packages behind. @default the one that is installed */
  readonly api?: OpenTelemetryApi;
}

/** What spans are made with. */
export interface Tooling {
  readonly api: OpenTelemetryApi;
  readonly tracer: Tracer;
  readonly sampled: TraceOperationsOptions['sampled'];
  readonly activeSpan: 'link' | 'parent';
}

/** @throws ConfigError that names every problem, or when `@opentelemetry/api` cannot be loaded */
export function resolved(options: TraceOperationsOptions): Tooling {
  const { tracer, tracerProvider, sampled, activeSpan = 'link' } = options;
  const problems: string[] = [];
  const has = (option: string, value: unknown, member: string, what: string) => {
    if (value === undefined || isFunction(Reflect.get(Object(value), member))) return;
    problems.push(`${option} must be ${what}, got ${String(value)}`);
  };
  has('tracer', tracer, 'startSpan', 'a tracer, with startSpan()');
  has('tracerProvider', tracerProvider, 'getTracer', 'a tracer provider, with getTracer()');
  if (tracer !== undefined && tracerProvider !== undefined) {
    problems.push('tracer and tracerProvider exclude each other');
  }
  if (sampled !== undefined && !isFunction(sampled)) {
    problems.push(`sampled must be a function, got ${String(sampled)}`);
  }
  if (activeSpan !== 'link' && activeSpan !== 'parent') {
    problems.push(`activeSpan must be 'link' or 'parent', got ${JSON.stringify(activeSpan)}`);
  }
  if (problems.length > 0) throw new ConfigError(`traceOperations: ${problems.join('; ')}`);
  const api = options.api ?? loadApi();
  const provider = tracerProvider ?? api.trace;
  return {
    api,
    tracer: tracer ?? provider.getTracer('xstate-recovery', ownVersion()),
    sampled,
    activeSpan,
  };
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
