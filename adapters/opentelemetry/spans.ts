import { randomBytes } from 'node:crypto';
import type { Attributes, Context, Link, Span, SpanContext } from '@opentelemetry/api';
import type { Tooling } from './options.ts';

/** A span, and the context in which it is the active one. */
export interface OpenSpan {
  readonly span: Span;
  readonly context: Context;
}

/** What a span begins with. */
export interface Beginning {
  readonly name: string;
  readonly attributes: Attributes;
  readonly links?: Link[];
}

/** Begins spans, and knows which one is active. */
export class Spans {
  readonly api: Tooling['api'];
  readonly #tracer: Tooling['tracer'];

  constructor({ api, tracer }: Tooling) {
    this.api = api;
    this.#tracer = tracer;
  }

  /** The first span of a trace. */
  root(begun: Beginning): OpenSpan {
    return this.#begin({ ...begun, root: true }, this.api.ROOT_CONTEXT);
  }

  /** A span below the one that is active in the context. What is below a span that is not sampled is not sampled either, whatever the sampler. */
  below(parent: Context, begun: Beginning): OpenSpan {
    const { trace, TraceFlags } = this.api;
    const above = trace.getSpan(parent);
    if (above === undefined || above.isRecording()) return this.#begin(begun, parent);
    const isSampled = (above.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    return isSampled ? this.#begin(begun, parent) : { span: above, context: parent };
  }

  #begin({ name, ...options }: Beginning & { readonly root?: boolean }, parent: Context): OpenSpan {
    const span = this.#tracer.startSpan(name, options, parent);
    return { span, context: this.api.trace.setSpan(parent, span) };
  }

  /** A context in which nothing but that span is known. */
  contextOf(spanContext: SpanContext): Context {
    return this.api.trace.setSpanContext(this.api.ROOT_CONTEXT, spanContext);
  }

  /** Stands for the spans of what is not sampled. */
  unsampled(parent: SpanContext | undefined): OpenSpan {
    const { trace, TraceFlags } = this.api;
    const { traceId = randomBytes(16).toString('hex'), spanId = randomBytes(8).toString('hex') } =
      parent ?? {};
    const context = this.contextOf({ traceId, spanId, traceFlags: TraceFlags.NONE });
    return { span: trace.getSpan(context) as Span, context };
  }

  /** The caller's span; undefined where it has none. */
  active(): SpanContext | undefined {
    const { trace, context } = this.api;
    return this.valid(trace.getSpanContext(context.active()));
  }

  valid(spanContext: SpanContext | undefined): SpanContext | undefined {
    const isValid = spanContext !== undefined && this.api.isSpanContextValid(spanContext);
    return isValid ? spanContext : undefined;
  }
}
