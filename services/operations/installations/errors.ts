import { ErrorCode, RecoveryError, type RecoveryErrorOptions } from '../../errors.ts';

/** What went wrong with a program that was run, as far as its words and its exit code tell. */
export type Trouble =
  /** The way to a server, or the server. */
  | 'network'
  /** It was too slow. */
  | 'timeout'
  /** There is no room left. */
  | 'disk'
  /** Somebody did not let it. */
  | 'permission'
  /** What it was asked for does not exist, or does not fit. */
  | 'refused'
  | 'unknown';

const CODES = {
  network: ErrorCode.COMMAND_NETWORK,
  timeout: ErrorCode.COMMAND_TIMEOUT,
  disk: ErrorCode.COMMAND_DISK,
  permission: ErrorCode.COMMAND_PERMISSION,
  refused: ErrorCode.COMMAND_REFUSED,
  unknown: ErrorCode.COMMAND_FAILED,
} as const satisfies Readonly<Record<Trouble, ErrorCode>>;

/**
 * A program that was run (git, npm, pip) has failed. `details.output` has the end of what it said, at most 64 KiB; `details.lines` the last
 * lines of it, which are stored too.
 */
export class CommandError extends RecoveryError {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, message: string, options?: RecoveryErrorOptions) {
    super(CODES[trouble], message, options);
    this.trouble = trouble;
  }
}

/** A program that is needed is not there; `details.command` names it. */
export class CommandMissingError extends RecoveryError {
  constructor(command: string, options?: RecoveryErrorOptions) {
    super(ErrorCode.COMMAND_MISSING, `the program "${command}" cannot be found; install it`, {
      ...options,
      details: { command },
    });
  }
}

/** An installation is not as it was made: `details.problems` says what is wrong. Another attempt makes it anew. */
export class VerificationError extends RecoveryError {
  constructor(folder: string, problems: readonly string[]) {
    super(
      ErrorCode.VERIFICATION,
      `${folder} is not as it should be: ${problems.slice(0, 5).join('; ')}`,
      { details: { folder, problems } },
    );
  }
}

/** Another process, which is alive, works in the same folder; `details.pid` names it. */
export class InstallationBusyError extends RecoveryError {
  constructor(folder: string, pid: number) {
    super(ErrorCode.INSTALLATION_BUSY, `the process ${pid} is working in ${folder}`, {
      details: { folder, pid },
    });
  }
}
