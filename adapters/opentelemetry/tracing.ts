import type { Attributes, SpanContext } from '@opentelemetry/api';
import type {
  ObservedBeginning,
  ObservedCall,
  ObservedCommit,
  ObservedEnd,
  RecoveryObserver,
  TraceableOperation,
} from '../../services/ports.ts';
import { attributes, operationAttributes } from './attributes.ts';
import type { Tooling } from './options.ts';
import { type OpenSpan, Spans } from './spans.ts';
import type { TracedCall } from './traced-call.ts';
import { TracedOperation } from './traced-operation.ts';
import { fromTraceparent } from './traceparent.ts';

/** Where an operation's span belongs. */
interface Place {
  /** The span of an earlier life. */
  readonly known: SpanContext | undefined;
  /** The span that is active where it is started. */
  readonly here: SpanContext | undefined;
  readonly how: ObservedBeginning['how'] | undefined;
  /** Whether it is started inside another one's function. */
  readonly nested: boolean;
}

/**
 * Makes the spans of a recovery. An operation carries the `traceparent` of its first span, so that the spans of its later lives come below that, in
 * whatever process. The SDK's sampler decides where the trace begins, and its decision goes with the operation.
 */
export class Tracing implements RecoveryObserver {
  readonly #tooling: Tooling;
  readonly #spans: Spans;
  /** Those that live here. */
  readonly #operations = new Map<string, TracedOperation>();

  constructor(tooling: Tooling) {
    this.#tooling = tooling;
    this.#spans = new Spans(tooling);
  }

  operationBegan(beginning: ObservedBeginning): string | undefined {
    const { how, startedBy, trace } = beginning;
    const place = {
      known: fromTraceparent(trace),
      // What is active where everything is resumed has to do with none of it.
      here: how === 'resumed' ? undefined : this.#here(startedBy),
      how,
      nested: startedBy !== undefined,
    };
    return this.#begin(beginning, place).traceparent;
  }

  #here(startedBy: string | undefined): SpanContext | undefined {
    const active = this.#spans.active();
    if (active !== undefined || startedBy === undefined) return active;
    // The app has no context manager that would know.
    return this.#operations.get(startedBy)?.spanContext;
  }

  #begin(facts: TraceableOperation, place: Place): TracedOperation {
    const { operationId } = facts;
    const common = operationAttributes(facts);
    const open = this.#open(facts, place, common);
    const operation = new TracedOperation(this.#spans, open, common);
    this.#operations.set(operationId, operation);
    return operation;
  }

  #open(
    { operationId, name }: TraceableOperation,
    { known, here, how, nested }: Place,
    common: Attributes,
  ): OpenSpan {
    const { sampled, activeSpan } = this.#tooling;
    const parent = known ?? (nested || activeSpan === 'parent' ? here : undefined);
    if (known === undefined && sampled?.(operationId, name) === false) {
      return this.#spans.unsampled(parent);
    }
    const links = here === undefined || here === parent ? [] : [{ context: here }];
    const own = how === undefined || how === 'created' ? {} : attributes({ [how]: true });
    const begun = { name: `operation ${name}`, attributes: { ...common, ...own }, links };
    return parent === undefined
      ? this.#spans.root(begun)
      : this.#spans.below(this.#spans.contextOf(parent), begun);
  }

  /** An operation that was alive before the tracing began gets its span with its next call. */
  callBegan(call: ObservedCall): TracedCall {
    const { operationId, trace } = call;
    const late = {
      known: fromTraceparent(trace),
      here: undefined,
      how: undefined,
      nested: false,
    };
    return (this.#operations.get(operationId) ?? this.#begin(call, late)).callBegan(call);
  }

  committed({ transitions }: ObservedCommit): void {
    for (const transition of transitions) {
      if (transition.kind !== 'operation') continue;
      this.#operations.get(transition.operationId)?.happened(transition);
    }
  }

  ended(end: ObservedEnd): void {
    this.#taken(end.operationId)?.ended(end);
  }

  left(operationId: string, why: 'closed' | 'refused'): void {
    this.#taken(operationId)?.left(why);
  }

  #taken(operationId: string): TracedOperation | undefined {
    const operation = this.#operations.get(operationId);
    this.#operations.delete(operationId);
    return operation;
  }

  /** Ends the span of everything that is alive. */
  stop(): void {
    const all = [...this.#operations.values()];
    this.#operations.clear();
    for (const operation of all) {
      try {
        operation.close();
      } catch {
        // An SDK must not throw. Where one does, the others' spans end all the same.
      }
    }
  }
}
