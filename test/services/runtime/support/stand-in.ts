import type { RecoveryError } from '../../../../services/errors.ts';
import type { OperationContext } from '../../../../services/ports.ts';

/** A fallback that gives its text back and notes what it was called with. */
export function standIn(text = 'cached') {
  const calls: { readonly error: RecoveryError; readonly op: OperationContext }[] = [];
  const fallback = (error: RecoveryError, op: OperationContext): unknown => {
    calls.push({ error, op });
    return text;
  };
  return { fallback, calls };
}
