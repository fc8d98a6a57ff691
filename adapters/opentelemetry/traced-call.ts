import type { Attributes, Context } from '@opentelemetry/api';
import type { CallObserver, ObservedCallEnd } from '../../services/ports.ts';
import { attributes, exceptionAttributes, typeOf } from './attributes.ts';
import type { OpenSpan, Spans } from './spans.ts';

/** What the spans below a call have in common with its own. */
export interface CallFacts {
  /** Name of the definition. */
  readonly name: string;
  readonly common: Attributes;
}

/** The span of a call, a hedge or a step: the active one while the function runs. */
export class TracedCall implements CallObserver {
  readonly #spans: Spans;
  readonly #open: OpenSpan;
  readonly #facts: CallFacts;
  readonly #siblings: Set<TracedCall>;
  readonly #parts = new Set<TracedCall>();
  #over = false;

  /** @param siblings what it is one of until it ends */
  constructor(spans: Spans, open: OpenSpan, facts: CallFacts, siblings: Set<TracedCall>) {
    this.#spans = spans;
    this.#open = open;
    this.#facts = facts;
    this.#siblings = siblings;
    siblings.add(this);
  }

  wrap(call: () => void): void {
    // Whoever has stopped the tracing wants no context either.
    if (!this.#over) this.#spans.api.context.with(this.#open.context, call);
  }

  stepBegan(name: string): TracedCall | undefined {
    if (this.#over) return undefined;
    return this.#part(this.#hereOrIn(), `step ${name}`, attributes({ 'step.name': name }));
  }

  hedgeBegan(): TracedCall | undefined {
    if (this.#over) return undefined;
    const { name } = this.#facts;
    return this.#part(this.#open.context, `hedge ${name}`, attributes({ hedge: true }));
  }

  /** Where the caller is, if that is below this call: in a span of the app, or in another step. */
  #hereOrIn(): Context {
    const { context } = this.#spans.api;
    const own = this.#open.span.spanContext();
    return this.#spans.active()?.traceId === own.traceId ? context.active() : this.#open.context;
  }

  #part(parent: Context, name: string, own: Attributes): TracedCall {
    const begun = { name, attributes: { ...this.#facts.common, ...own } };
    const open = this.#spans.below(parent, begun);
    return new TracedCall(this.#spans, open, this.#facts, this.#parts);
  }

  ended(end: ObservedCallEnd): void {
    if (this.#over) return;
    const { span } = this.#open;
    if (end.kind === 'succeeded' && end.hedged) span.setAttributes(attributes({ hedged: true }));
    if (end.kind === 'failed' && span.isRecording()) {
      const { error, category } = end;
      const exception = exceptionAttributes(error);
      span.addEvent('exception', exception);
      span.setAttributes({ 'error.type': typeOf(error), ...attributes({ category }) });
      const { ERROR } = this.#spans.api.SpanStatusCode;
      span.setStatus({ code: ERROR, message: String(exception['exception.message']) });
    }
    this.close(end.kind);
  }

  /** Ends its span, and the spans of what it has left behind. */
  close(outcome: ObservedCallEnd['kind'] | 'abandoned' | 'untraced'): void {
    if (this.#over) return;
    this.#over = true;
    this.#siblings.delete(this);
    const left = outcome === 'untraced' ? outcome : 'abandoned';
    for (const part of [...this.#parts]) part.close(left);
    this.#open.span.setAttributes(attributes({ outcome }));
    this.#open.span.end();
  }
}
