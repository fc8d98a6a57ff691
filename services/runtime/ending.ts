import type { JsonError } from '../../machines/json-error.ts';
import type { OperationContext } from '../../machines/operation/types.ts';
import { errorFromJson } from '../error-json.ts';
import {
  CircuitOpenError,
  OperationCancelledError,
  OperationExhaustedError,
  OperationFailedError,
  type RecoveryError,
} from '../errors.ts';
import type { RecoveryState } from '../ports.ts';

/** What is the same of an operation for all its life. */
interface Ended {
  readonly id: string;
  readonly breakerKey: string;
}

/** The error that `result()` rejects with, told from the final state and the reason that the chart gave. */
export function endingError(
  { id: operationId, breakerKey }: Ended,
  state: RecoveryState,
  context: Pick<OperationContext, 'name' | 'last' | 'error' | 'attempt'>,
  thrown?: unknown,
): RecoveryError {
  const { error, attempt } = context;
  const { reason } = context.last;
  const details = { operationId, name: context.name, attempt, ...reason };
  const what = `operation "${operationId}" (${context.name})`;
  const because = reason?.message ?? error?.message ?? 'no reason was kept';
  if (state === 'exhausted') {
    return new OperationExhaustedError(`${what} is exhausted: ${because}`, {
      cause: causeOf(error, thrown),
      details,
    });
  }
  switch (reason?.kind) {
    case 'cancelled':
      return new OperationCancelledError(`${what} was cancelled: ${because}`, {
        details: { ...details, ...(error?.details as object) },
      });
    case 'circuit_open':
      return new CircuitOpenError(`${what} was not tried: ${because} ("${breakerKey}")`, {
        details: { ...details, breakerKey, ...(error?.details as object) },
      });
    default:
      return new OperationFailedError(`${what} failed: ${because}`, {
        cause: causeOf(error, thrown),
        details,
      });
  }
}

/** What was thrown, as long as the process that caught it lives; else its stored form. */
function causeOf(error: JsonError | null, thrown: unknown): unknown {
  if (thrown !== undefined) return thrown;
  return error === null ? undefined : errorFromJson(error);
}
