/** What the program's exit says. */
export const ExitCode = {
  SUCCESS: 0,
  /** An operation failed or was exhausted, or the store or the answer is not as it should be. */
  FAILED: 1,
  /** The command line makes no sense. */
  USAGE: 2,
  /** Ctrl-C or SIGTERM; what was under way is durable. */
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
