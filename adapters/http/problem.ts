import { ErrorCode, RecoveryError } from '../../services/errors.ts';
import { REFUSALS, Refusal, type RefusalCode } from './refusal.ts';

/** RFC 9457 problem details, with our code. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode | RefusalCode;
  /** What is wrong with this very request. */
  readonly detail?: string;
  /** Single faults of a body, a query or a path. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export const PROBLEM_TYPE = 'application/problem+json';

/** Status and title of each of the library's errors. */
export const ERROR_STATUSES = {
  OPERATION_FAILED: [500, 'The operation failed'],
  OPERATION_EXHAUSTED: [500, 'The operation ran out of a limit'],
  OPERATION_CANCELLED: [409, 'The operation was cancelled'],
  OPERATION_CONFLICT: [409, 'The operation is another one, or in another state'],
  OPERATION_NOT_FOUND: [404, 'There is no such operation'],
  CIRCUIT_OPEN: [503, 'The circuit breaker is open'],
  OVERLOADED: [503, 'Too many operations wait already'],
  ATTEMPT_TIMEOUT: [504, 'The attempt took too long'],
  PERSISTENCE: [503, 'The store refuses to work; it is tried again by itself'],
  STORE_LOCKED: [503, 'Another process has the store'],
  STORE_DAMAGED: [500, 'The store is damaged'],
  STORE_FOREIGN: [500, 'The store is not one of ours'],
  STORE_VERSION: [500, 'The store is of a newer version'],
  CONFIG: [400, 'A value cannot be used'],
  NOT_SERIALIZABLE: [400, 'A value would not survive JSON'],
  SECRETS_MISSING: [500, 'Secrets of the input are gone'],
  ATTEMPT_OVER: [409, 'The attempt is over'],
  HEDGE_LOST: [409, 'The other call of the attempt has succeeded'],
  RECOVERY_CLOSED: [503, 'The recovery is closed'],
  VALIDATION: [400, 'The request does not fit its schema'],
  HTTP_STATUS: [502, 'Another server gave a bad answer'],
  TRANSFER: [502, 'A transfer from another server went wrong'],
  DISK_SPACE: [507, 'There is not enough room for a file'],
  COMMAND_NETWORK: [502, 'A program could not reach another server'],
  COMMAND_TIMEOUT: [504, 'A program took too long'],
  COMMAND_DISK: [507, 'A program found no room on the disk'],
  COMMAND_PERMISSION: [502, 'A program was not permitted to go on'],
  COMMAND_REFUSED: [422, 'A program refused what it was asked for'],
  COMMAND_FAILED: [500, 'A program failed'],
  COMMAND_MISSING: [500, 'A program that is needed is not there'],
  VERIFICATION: [500, 'An installation is not as it should be'],
  INSTALLATION_BUSY: [409, 'Another process works in the same folder'],
  WORKFLOW: [422, 'The workflow cannot be used'],
  CATALOGUE: [422, 'The catalogue cannot be used'],
  UNRESOLVED: [422, 'The workflow needs what is not known'],
  PROJECT_EXISTS: [409, 'There is such a project already'],
  PROJECT_MISSING: [404, 'There is no such project'],
  PROJECT_DAMAGED: [500, 'The project is damaged'],
} as const satisfies Readonly<Record<ErrorCode, readonly [number, string]>>;

/** The request does not fit its schema. */
export class UnfitRequest extends RecoveryError {
  readonly faults: NonNullable<ProblemDetails['errors']>;

  constructor(faults: NonNullable<ProblemDetails['errors']>) {
    super(ErrorCode.VALIDATION, 'the request does not fit its schema');
    this.faults = faults;
  }
}

/** An error as the client is told it. What went wrong on this side is not told in detail: it may name files, hosts or inputs. */
export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof Refusal) return problem(error.code, REFUSALS[error.code], error.message);
  if (error instanceof RecoveryError) {
    const known = problem(error.code, ERROR_STATUSES[error.code], error.message);
    return error instanceof UnfitRequest ? { ...known, errors: error.faults } : known;
  }
  return problem('INTERNAL', REFUSALS.INTERNAL, '');
}

function problem(
  code: ProblemDetails['code'],
  [status, title]: readonly [number, string],
  detail: string,
): ProblemDetails {
  return {
    type: `urn:problem:xstate-recovery:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code,
    ...(detail === '' || status >= 500 ? {} : { detail }),
  };
}

/** What an error of the framework, thrown before a route has its turn, comes to. */
export function frameworkProblemOf(error: unknown): ProblemDetails {
  if (error instanceof Refusal) return problemOf(error);
  const { statusCode } = error as { readonly statusCode?: unknown };
  const code = typeof statusCode === 'number' ? (REFUSED[statusCode] ?? 'BAD_REQUEST') : 'INTERNAL';
  return problem(code, REFUSALS[code], '');
}

const REFUSED: Readonly<Record<number, RefusalCode>> = {
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  500: 'INTERNAL',
};
