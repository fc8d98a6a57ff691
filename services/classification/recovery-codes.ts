import { ErrorCode } from '../errors.ts';
import { type Entry, FINAL, NETWORK, RESOURCE, TIMEOUT, USED_UP, VALIDATION } from './entry.ts';

/**
 * This library's own errors, by code. An operation that ended as failed or exhausted inside another one is judged by its cause, but
 * never retried: its own policy has done that already, and retries of retries multiply.
 */
export const RECOVERY_CODES: Readonly<Record<ErrorCode, Entry | 'status' | 'cause'>> = {
  [ErrorCode.OPERATION_FAILED]: 'cause',
  [ErrorCode.OPERATION_EXHAUSTED]: 'cause',
  [ErrorCode.OPERATION_CANCELLED]: FINAL,
  [ErrorCode.OPERATION_CONFLICT]: VALIDATION,
  [ErrorCode.OPERATION_NOT_FOUND]: VALIDATION,
  [ErrorCode.CIRCUIT_OPEN]: RESOURCE,
  [ErrorCode.OVERLOADED]: RESOURCE,
  [ErrorCode.ATTEMPT_TIMEOUT]: TIMEOUT,
  [ErrorCode.PERSISTENCE]: RESOURCE,
  [ErrorCode.STORE_LOCKED]: RESOURCE,
  [ErrorCode.STORE_DAMAGED]: USED_UP,
  [ErrorCode.STORE_FOREIGN]: VALIDATION,
  [ErrorCode.STORE_VERSION]: VALIDATION,
  [ErrorCode.CONFIG]: VALIDATION,
  [ErrorCode.NOT_SERIALIZABLE]: VALIDATION,
  [ErrorCode.ATTEMPT_OVER]: VALIDATION,
  [ErrorCode.HEDGE_LOST]: FINAL,
  [ErrorCode.RECOVERY_CLOSED]: FINAL,
  [ErrorCode.SECRETS_MISSING]: VALIDATION,
  [ErrorCode.VALIDATION]: VALIDATION,
  [ErrorCode.HTTP_STATUS]: 'status',
  [ErrorCode.TRANSFER]: NETWORK,
  [ErrorCode.WORKFLOW]: VALIDATION,
  [ErrorCode.CATALOGUE]: VALIDATION,
  [ErrorCode.UNRESOLVED]: VALIDATION,
  [ErrorCode.PROJECT_EXISTS]: VALIDATION,
  [ErrorCode.PROJECT_MISSING]: VALIDATION,
  [ErrorCode.PROJECT_DAMAGED]: VALIDATION,
};
