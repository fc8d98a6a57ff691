import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { ObservedCall, ObservedEnd, OperationTransition } from '../../services/ports.ts';
import { withoutSecrets } from '../redaction.ts';
import { attributes, endAttributes, eventOf, isInterruption, typeOf } from './attributes.ts';
import type { OpenSpan, Spans } from './spans.ts';
import { TracedCall } from './traced-call.ts';
import { toTraceparent } from './traceparent.ts';

/** The span of one life of an operation in this process. */
export class TracedOperation {
  readonly #spans: Spans;
  readonly #open: OpenSpan;
  /** What the spans of its calls have in common with it. */
  readonly #common: Attributes;
  readonly #calls = new Set<TracedCall>();

  constructor(spans: Spans, open: OpenSpan, common: Attributes) {
    this.#spans = spans;
    this.#open = open;
    this.#common = common;
  }

  /** What its next life is to know; undefined where no SDK makes spans. */
  get traceparent(): string | undefined {
    const { spanContext } = this;
    return spanContext && toTraceparent(spanContext);
  }

  get spanContext(): SpanContext | undefined {
    return this.#spans.valid(this.#open.span.spanContext());
  }

  callBegan({ kind, name, attempt }: ObservedCall): TracedCall {
    const common = { ...this.#common, ...attributes({ attempt }) };
    const begun = { name: `${kind} ${name}`, attributes: common };
    const open = this.#spans.below(this.#open.context, begun);
    return new TracedCall(this.#spans, open, { name, common }, this.#calls);
  }

  happened(transition: OperationTransition): void {
    const { span } = this.#open;
    if (!span.isRecording()) return;
    if (isInterruption(transition)) span.setAttributes(attributes({ interrupted: true }));
    const event = eventOf(transition);
    if (event !== undefined) span.addEvent(event.name, event.attributes, new Date(transition.at));
  }

  ended(end: ObservedEnd): void {
    const { state, reason, error } = end;
    const { span } = this.#open;
    span.setAttributes(endAttributes(end));
    // What somebody has cancelled is no error.
    if (state !== 'success' && reason?.kind !== 'cancelled') {
      this.#failed(error === null ? state : typeOf(error), reason?.message ?? state);
    }
    this.close();
  }

  left(why: 'closed' | 'refused'): void {
    if (why === 'refused') this.#failed('PersistenceError', 'the store refused its first commit');
    else this.#open.span.setAttributes(attributes({ suspended: true }));
    this.close();
  }

  #failed(type: string, message: string): void {
    const { span } = this.#open;
    span.setAttribute('error.type', type);
    const { ERROR } = this.#spans.api.SpanStatusCode;
    span.setStatus({ code: ERROR, message: withoutSecrets(message) });
  }

  /** Ends its span, and those of calls that are at work. */
  close(): void {
    for (const call of [...this.#calls]) call.close('untraced');
    this.#open.span.end();
  }
}
