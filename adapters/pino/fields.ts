import type {
  BreakerTransition,
  ObservedOperation,
  OperationTransition,
  Reason,
} from '../../services/ports.ts';
import { withoutSecrets } from '../redaction.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What can be logged of a reason: names and numbers, and texts without secrets. */
function reasonFields(reason: Reason | null): Fields {
  if (reason === null) return {};
  const { kind, message, category, rule, limit, delay, strategy, retryAfter, fallback, by } =
    reason;
  return Object.fromEntries(
    Object.entries({
      reason: kind,
      detail: withoutSecrets(message),
      category,
      rule: rule === undefined ? undefined : withoutSecrets(rule),
      limit,
      delay,
      strategy,
      retry_after: retryAfter,
      fallback_error: fallback?.name,
      by,
    }).filter(([, value]) => value !== undefined),
  );
}

/** @param duration milliseconds in the state that it has left; undefined where that began in another process */
export function operationFields(
  { position, operationId, name, seq, from, to, event, attempt, reason, at }: OperationTransition,
  operation: ObservedOperation | undefined,
  duration: number | undefined,
): Fields {
  return {
    operation_id: operationId,
    function_name: name,
    attempt,
    ...(operation === undefined ? {} : { max_attempts: operation.maxAttempts }),
    state: to,
    from_state: from,
    event,
    seq,
    position,
    ...(duration === undefined ? {} : { duration }),
    ...(operation === undefined ? {} : { elapsed: at - operation.createdAt }),
    at: new Date(at).toISOString(),
    ...reasonFields(reason),
  };
}

export function breakerFields({
  position,
  key,
  seq,
  from,
  to,
  event,
  reason,
  at,
}: BreakerTransition): Fields {
  return {
    breaker_key: key,
    state: to,
    from_state: from,
    event,
    seq,
    position,
    at: new Date(at).toISOString(),
    ...reasonFields(reason),
  };
}
