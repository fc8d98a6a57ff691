import { context, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type Span,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { inWorld, type World } from '../../../services/runtime/support/world.ts';
import { AsyncContextManager } from './context-manager.ts';

/** An SDK of its own, with everything that it was given. */
export class Sdk implements SpanProcessor {
  readonly exporter = new InMemorySpanExporter();
  readonly provider: BasicTracerProvider;
  /** Spans in the order in which they began, ended or not. */
  readonly begun: ReadableSpan[] = [];

  constructor(sampler?: Sampler) {
    const spanProcessors = [new SimpleSpanProcessor(this.exporter), this];
    this.provider = new BasicTracerProvider(
      sampler === undefined ? { spanProcessors } : { spanProcessors, sampler },
    );
  }

  /** The tracer of the app itself. */
  get app(): Tracer {
    return this.provider.getTracer('app');
  }

  /** What was exported, in the order in which it began. */
  get spans(): readonly ReadableSpan[] {
    const ended = new Set(this.exporter.getFinishedSpans());
    return this.begun.filter(span => ended.has(span));
  }

  /** Begun and not ended. */
  get open(): readonly string[] {
    return this.begun.filter(({ ended }) => !ended).map(({ name }) => name);
  }

  one(name: string): ReadableSpan {
    const [span, ...others] = this.spans.filter(one => one.name === name);
    if (span === undefined || others.length > 0) {
      throw new RangeError(`${others.length + (span ? 1 : 0)} spans "${name}" in\n${this.tree()}`);
    }
    return span;
  }

  /** Names, each below its parent's, with an exclamation mark where the status is ERROR. Spans without a parent here stand at the left. */
  tree(): string {
    const ids = new Set(this.spans.map(span => span.spanContext().spanId));
    const parentOf = ({ parentSpanContext }: ReadableSpan) =>
      parentSpanContext !== undefined && ids.has(parentSpanContext.spanId)
        ? parentSpanContext.spanId
        : undefined;
    const below = (parent: string | undefined, depth: number): string[] =>
      this.spans
        .filter(span => parentOf(span) === parent)
        .flatMap(span => [
          `${'  '.repeat(depth)}${span.name}${span.status.code === SpanStatusCode.ERROR ? ' !' : ''}`,
          ...below(span.spanContext().spanId, depth + 1),
        ]);
    return below(undefined, 0).join('\n');
  }

  get traceIds(): readonly string[] {
    return [...new Set(this.spans.map(span => span.spanContext().traceId))];
  }

  /** Everything of every span, as text. */
  text(): string {
    return JSON.stringify(
      this.begun.map(({ name, attributes, events, links, status }) => ({
        name,
        attributes,
        events,
        links,
        status,
      })),
    );
  }

  onStart(span: Span): void {
    this.begun.push(span as unknown as ReadableSpan);
  }
  onEnd(): void {}
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** An attribute of ours. */
export const own = ({ attributes }: ReadableSpan, name: string) =>
  attributes[`xstate_recovery.${name}`];

export const eventsOf = ({ events }: ReadableSpan): string[] =>
  events.map(({ name }) => name.replace('xstate_recovery.', ''));

/** A world in which contexts follow promises, as in an app that has set up OpenTelemetry. */
export function inTracedWorld(
  run: (world: World, sdk: Sdk) => Promise<void>,
  sampler?: Sampler,
): () => Promise<void> {
  return inWorld(async world => {
    context.setGlobalContextManager(new AsyncContextManager());
    try {
      await run(world, new Sdk(sampler));
    } finally {
      context.disable();
    }
  });
}
