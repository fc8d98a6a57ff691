import { ErrorCode, PersistenceError } from '../../services/errors.ts';

/** What a person can do about a system error. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, and it goes on by itself',
  EDQUOT: 'the disk quota is used up: make room, and it goes on by itself',
  EROFS: 'the file system is mounted read-only: choose a path that can be written',
  EACCES: 'this user may not write there: change the permissions, or choose another path',
  EPERM: 'this user may not write there: change the permissions, or choose another path',
  EMFILE: 'the process has too many files open',
  EIO: 'the disk reports a fault: check it, and have a copy of the store at hand',
};

/** A failed system call, told as what it stopped, where, and what to do. */
export function diskError(what: string, file: string, cause: unknown): PersistenceError {
  if (cause instanceof PersistenceError) return cause;
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  const message = cause instanceof Error ? cause.message : String(cause);
  const advice = code === undefined ? undefined : ADVICE[code];
  return new PersistenceError(`${what}: ${advice ? `${advice}; ` : ''}${message} (${file})`, {
    cause,
    details: { file, ...(code === undefined ? {} : { errno: code }) },
  });
}

/** The store holds something that can't be right. Nothing is overwritten when this is thrown. */
export function damageError(file: string, offset: number, problem: string): PersistenceError {
  return new PersistenceError(
    `the store is damaged: ${file} ${problem} (at offset ${offset}); nothing was changed. ` +
      'Keep a copy of its files, and put a backup in their place.',
    { code: ErrorCode.STORE_DAMAGED, details: { file, offset, problem } },
  );
}

/** Does what may fail without anything depending on it: letting go of what is broken already. */
export function quietly(fn: () => void): void {
  try {
    fn();
  } catch {
    // the error that led here is the one to tell
  }
}
