import { RecoveryError } from '../../../../../services/errors.ts';
import { rejects } from '../../../../support/rejects.ts';

/** Why an operation has failed. */
export async function causeOf(operation: Promise<unknown>): Promise<RecoveryError> {
  const { cause } = await rejects(operation, RecoveryError);
  return cause as RecoveryError;
}
