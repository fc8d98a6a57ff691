import {
  CircuitOpenError,
  ConfigError,
  ErrorCode,
  NotSerializableError,
  OperationConflictError,
  OverloadedError,
  PersistenceError,
  RecoveryClosedError,
  RecoveryError,
  type RecoveryErrorOptions,
  ValidationError,
} from '../../services/errors.ts';
import type { Problem } from '../../services/protocol.ts';

/** A server said no for a reason of its own; `details.problem` is what it said, `code` the problem's code. */
export class ServerRefusedError extends RecoveryError {
  constructor(message: string, problem: Problem) {
    // The codes of servers are more than the library's own, and a newer one may have further ones.
    super(problem.code as ErrorCode, message, { details: { problem } });
  }

  /** What it said. */
  get problem(): Problem {
    return this.details.problem as Problem;
  }
}

type Construct = new (message: string, options?: RecoveryErrorOptions) => RecoveryError;

/** The library's own errors that a server passes on. */
const OURS: Readonly<Partial<Record<string, Construct>>> = {
  [ErrorCode.OPERATION_CONFLICT]: OperationConflictError,
  [ErrorCode.OVERLOADED]: OverloadedError,
  [ErrorCode.CIRCUIT_OPEN]: CircuitOpenError,
  [ErrorCode.PERSISTENCE]: PersistenceError,
  [ErrorCode.CONFIG]: ConfigError,
  [ErrorCode.NOT_SERIALIZABLE]: NotSerializableError,
  [ErrorCode.VALIDATION]: ValidationError,
};

/** What is wrong with how it is asked, and what to do about it. */
const SENTENCES: Readonly<Record<string, (url: string, token: boolean) => string>> = {
  UNAUTHORIZED: (url, token) =>
    token
      ? `${url} does not know the token; look after RECOVERY_TOKEN or --token`
      : `${url} wants a token; give it with RECOVERY_TOKEN`,
  FORBIDDEN: url => `the token may only look at ${url}; commands need one of its operators`,
  FOREIGN_ADDRESS: url => `${url} has no tokens, and so serves its own machine only`,
  UNKNOWN_HOST: url =>
    `${url} does not go by that name; call it by another, or start it with --allow-host`,
  RATE_LIMITED: url => `${url} was asked too often in the last minute; wait a moment`,
  NOT_FOUND: url =>
    `${url} has nothing at that address; correct the path in the server's address, or update the server`,
  DEFINITION_NOT_FOUND: url => `no operation of that name is defined at ${url}`,
  INTERNAL: url => `something went wrong at ${url}; its log says what`,
};

/** The error that a problem stands for. */
export function problemError(url: string, problem: Problem, token: boolean): RecoveryError {
  const { code } = problem;
  const sentence = SENTENCES[code];
  if (sentence !== undefined) return new ServerRefusedError(sentence(url, token), problem);
  const faults = (problem.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);
  const message = [problem.detail ?? lowerFirst(problem.title), ...faults].join('; ');
  if (code === ErrorCode.RECOVERY_CLOSED) {
    return new RecoveryClosedError(`the recovery at ${url} is closed, or closing`);
  }
  const Ours = OURS[code];
  if (Ours !== undefined) return new Ours(message, { details: { problem } });
  return new ServerRefusedError(message, problem);
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
