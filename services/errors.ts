/** Stable codes, for programs; messages are for people and may change. */
export const ErrorCode = {
  OPERATION_FAILED: 'OPERATION_FAILED',
  OPERATION_EXHAUSTED: 'OPERATION_EXHAUSTED',
  OPERATION_CANCELLED: 'OPERATION_CANCELLED',
  OPERATION_CONFLICT: 'OPERATION_CONFLICT',
  OPERATION_NOT_FOUND: 'OPERATION_NOT_FOUND',
  CIRCUIT_OPEN: 'CIRCUIT_OPEN',
  OVERLOADED: 'OVERLOADED',
  ATTEMPT_TIMEOUT: 'ATTEMPT_TIMEOUT',
  PERSISTENCE: 'PERSISTENCE',
  STORE_LOCKED: 'STORE_LOCKED',
  STORE_DAMAGED: 'STORE_DAMAGED',
  STORE_FOREIGN: 'STORE_FOREIGN',
  STORE_VERSION: 'STORE_VERSION',
  CONFIG: 'CONFIG',
  NOT_SERIALIZABLE: 'NOT_SERIALIZABLE',
  ATTEMPT_OVER: 'ATTEMPT_OVER',
  HEDGE_LOST: 'HEDGE_LOST',
  RECOVERY_CLOSED: 'RECOVERY_CLOSED',
  SECRETS_MISSING: 'SECRETS_MISSING',
  VALIDATION: 'VALIDATION',
  HTTP_STATUS: 'HTTP_STATUS',
  TRANSFER: 'TRANSFER',
  DISK_SPACE: 'DISK_SPACE',
  COMMAND_NETWORK: 'COMMAND_NETWORK',
  COMMAND_TIMEOUT: 'COMMAND_TIMEOUT',
  COMMAND_DISK: 'COMMAND_DISK',
  COMMAND_PERMISSION: 'COMMAND_PERMISSION',
  COMMAND_REFUSED: 'COMMAND_REFUSED',
  COMMAND_FAILED: 'COMMAND_FAILED',
  COMMAND_MISSING: 'COMMAND_MISSING',
  VERIFICATION: 'VERIFICATION',
  INSTALLATION_BUSY: 'INSTALLATION_BUSY',
  WORKFLOW: 'WORKFLOW',
  CATALOGUE: 'CATALOGUE',
  UNRESOLVED: 'UNRESOLVED',
  PROJECT_EXISTS: 'PROJECT_EXISTS',
  PROJECT_MISSING: 'PROJECT_MISSING',
  PROJECT_DAMAGED: 'PROJECT_DAMAGED',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

export interface RecoveryErrorOptions {
  readonly cause?: unknown;
  /** Facts for programs: JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The base of every error that this library throws. */
export class RecoveryError extends Error {
  /** One of `ErrorCode`. */
  readonly code: ErrorCode;
  /** Facts for programs, such as `{ operationId, attempt }`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: RecoveryErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The operation ended with an error that no retry can mend; `cause` is that error. */
export class OperationFailedError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.OPERATION_FAILED, message, options);
  }
}

/** A limit ran out: `details.limit` names it; `cause` is the last error. */
export class OperationExhaustedError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.OPERATION_EXHAUSTED, message, options);
  }
}

/** Somebody cancelled it; `details.reason` says why. */
export class OperationCancelledError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.OPERATION_CANCELLED, message, options);
  }
}

/** The id belongs to another operation, or the operation is in another state than the call needs. */
export class OperationConflictError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.OPERATION_CONFLICT, message, options);
  }
}

/** The store has no operation of that id. */
export class OperationNotFoundError extends RecoveryError {
  constructor(id: string) {
    super(ErrorCode.OPERATION_NOT_FOUND, `there is no operation "${id}"`, {
      details: { operationId: id },
    });
  }
}

/** The breaker `details.breakerKey` let nothing through; `details.openUntil` (epoch ms) says until when. */
export class CircuitOpenError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.CIRCUIT_OPEN, message, options);
  }
}

/** Nothing was begun: `details.waiting` operations wait for a slot already. `details.scope` says of what: of the `definition`, or of the whole `recovery`. */
export class OverloadedError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.OVERLOADED, message, options);
  }
}

/** An attempt took longer than `timeout`, or the operation longer than `totalTimeout`, or its other side was silent too long; `details.limit` says which. */
export class AttemptTimeoutError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.ATTEMPT_TIMEOUT, message, options);
  }
}

/** The store could not do it. `code` is PERSISTENCE, or one of STORE_* where opening was refused. */
export class PersistenceError extends RecoveryError {
  constructor(
    message: string,
    options: RecoveryErrorOptions & {
      readonly code?: Extract<ErrorCode, 'PERSISTENCE' | `STORE_${string}`>;
    } = {},
  ) {
    super(options.code ?? ErrorCode.PERSISTENCE, message, options);
  }
}

/** Options or environment that cannot be used; `details.problems` lists every one of them. */
export class ConfigError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.CONFIG, message, options);
  }
}

/** A value would not survive JSON; `details.path` says where. */
export class NotSerializableError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.NOT_SERIALIZABLE, message, options);
  }
}

/** Secrets of an operation's input are gone with the process that had them, and nobody gives them back; `details.paths` names them. */
export class SecretsMissingError extends RecoveryError {
  constructor(id: string, name: string, paths: readonly string[]) {
    super(
      ErrorCode.SECRETS_MISSING,
      `operation "${id}" (${name}) lacks secrets of its input: ${paths.join(', ')}; resolveSecrets can give them`,
      { details: { operationId: id, paths } },
    );
  }
}

/** An operation's input, or what it was given to work on, cannot be used; no retry mends it. */
export class ValidationError extends RecoveryError {
  constructor(message: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.VALIDATION, message, options);
  }
}

/** A step was begun, or ended, by a call of the function that had ended before: nothing of it is kept any more. */
export class AttemptOverError extends RecoveryError {
  constructor({
    id,
    name,
    attempt,
  }: { readonly id: string; readonly name: string; readonly attempt: number }) {
    super(
      ErrorCode.ATTEMPT_OVER,
      `attempt ${attempt} of operation "${id}" (${name}) has ended; await its steps before the function returns`,
      { details: { operationId: id, attempt } },
    );
  }
}

/** Reason of the signal of a call that is not needed any more: the other call of its attempt has succeeded. */
export class HedgeLostError extends RecoveryError {
  constructor({
    id,
    name,
    attempt,
    hedge,
  }: {
    readonly id: string;
    readonly name: string;
    readonly attempt: number;
    readonly hedge: 0 | 1;
  }) {
    super(
      ErrorCode.HEDGE_LOST,
      `the other call of attempt ${attempt} of operation "${id}" (${name}) has succeeded first`,
      { details: { operationId: id, attempt, hedge } },
    );
  }
}

/** The recovery was closed; what is unfinished is durable and goes on after the next `resume()`. */
export class RecoveryClosedError extends RecoveryError {
  constructor(message = 'the recovery is closed') {
    super(ErrorCode.RECOVERY_CLOSED, message);
  }
}
