import type { Attributes } from '@opentelemetry/api';
import type {
  JsonError,
  ObservedEnd,
  OperationTransition,
  Reason,
  TraceableOperation,
} from '../../services/ports.ts';
import { withoutSecrets } from '../redaction.ts';

const PREFIX = 'xstate_recovery.';

/** Names and numbers: never an input, an output or what a step has given. What has no value is left out. */
export function attributes(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): Attributes {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [PREFIX + name, value]));
}

export const operationAttributes = ({
  operationId,
  name,
  breakerKey,
}: TraceableOperation): Attributes =>
  attributes({
    'operation.id': operationId,
    'operation.name': name,
    'breaker.key': withoutSecrets(breakerKey),
  });

/** What is known of an operation when it has ended. */
export function endAttributes({ state, attempt, reason }: ObservedEnd): Attributes {
  return attributes({ state, attempts: attempt, reason: reason?.kind, ...whyOf(reason) });
}

/** Without the text, which may be anything. */
const whyOf = (reason: Reason | null) => ({
  category: reason?.category,
  rule: reason?.rule === undefined ? undefined : withoutSecrets(reason.rule),
  limit: reason?.limit,
});

/** The name of the error's class, or its code where the name says nothing. */
export function typeOf({ name, code }: JsonError): string {
  return withoutSecrets(name === 'Error' ? (code ?? name) : name);
}

/** An error as the conventions for exceptions have it. */
export function exceptionAttributes(error: JsonError): Attributes {
  return {
    'exception.type': typeOf(error),
    'exception.message': withoutSecrets(error.message),
    ...(error.stack === undefined ? {} : { 'exception.stacktrace': withoutSecrets(error.stack) }),
  };
}

/** The decisions that a span of an operation tells of, by the kind of their reason. */
const EVENTS: { readonly [Kind in Reason['kind']]?: string } = {
  retry: 'retry',
  suspended: 'suspended',
  circuit_open: 'breaker_denied',
  lock: 'lock',
  budget_empty: 'budget_empty',
  paused: 'paused',
  continued: 'continued',
  undo: 'undo',
  undo_retry: 'undo_retry',
  undo_failed: 'undo_failed',
  cancelled: 'cancelled',
};

export const isInterruption = ({ event }: OperationTransition): boolean =>
  /^(attempt|fallback|undo)\.interrupted$/.test(event);

/** The event of a transition; undefined where the spans themselves say enough. */
export function eventOf(
  transition: OperationTransition,
): { readonly name: string; readonly attributes: Attributes } | undefined {
  const { reason, attempt, to } = transition;
  if (reason === null) return undefined;
  const name = isInterruption(transition) ? 'interrupted' : EVENTS[reason.kind];
  if (name === undefined) return undefined;
  return {
    name: PREFIX + name,
    attributes: attributes({
      attempt,
      state: to,
      ...whyOf(reason),
      delay_ms: reason.delay,
      strategy: reason.strategy,
      retry_after_ms: reason.retryAfter,
      by: reason.by,
      detail: withoutSecrets(reason.message),
    }),
  };
}
