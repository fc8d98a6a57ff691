import { ErrorCode, RecoveryError } from '../../services/errors.ts';

/** What to do about an error, for a person at a terminal. */
const ADVICE: Partial<Record<string, string>> = {
  [ErrorCode.STORE_LOCKED]: 'stop the process that uses it, or name another with --store',
  [ErrorCode.STORE_DAMAGED]: 'nothing was overwritten; `doctor` says what is wrong with it',
  [ErrorCode.STORE_FOREIGN]: 'name another file with --store',
  [ErrorCode.STORE_VERSION]: 'update this program, or name another file with --store',
  [ErrorCode.PERSISTENCE]: 'check the path, its permissions and the free space',
  [ErrorCode.OPERATION_NOT_FOUND]: '`list` shows what there is',
  [ErrorCode.OPERATION_FAILED]: 'mend the cause, then `retry` it',
  [ErrorCode.OPERATION_EXHAUSTED]: '`retry` lets it try again',
  [ErrorCode.SECRETS_MISSING]:
    'say them again: --auth-env host=VARIABLE, or the command that it was started with',
  [ErrorCode.CIRCUIT_OPEN]: 'its host has failed too often lately; `retry` it later',
  [ErrorCode.CONFIG]: 'correct the option or the environment variable',
};

/** One line: what went wrong, its code, and what to do. */
export function errorInWords(error: unknown): string {
  return `error: ${messageOf(error)}${codeAndAdvice(error)}`;
}

/** ` [STORE_LOCKED]; stop the process that uses it`; nothing for an error without a code. */
export function codeAndAdvice(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) return '';
  const advice = ADVICE[code];
  return ` [${code}]${advice === undefined ? '' : `; ${advice}`}`;
}

/** The message of an error or of its stored form, with those of its causes that it does not repeat. */
export function messageOf(error: unknown): string {
  let words = '';
  let current = error;
  for (let depth = 0; depth < 5 && current !== undefined && current !== null; depth += 1) {
    const message = ownMessage(current).replace(/\s+/g, ' ').trim();
    if (message !== '' && !words.includes(message)) {
      words = words === '' ? message : `${words}: ${message}`;
    }
    current = typeof current === 'object' && 'cause' in current ? current.cause : undefined;
  }
  return words === '' ? 'an unknown error' : words;
}

function ownMessage(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('message' in value && typeof value.message === 'string' && value.message !== '') {
    return value.message;
  }
  if ('code' in value && typeof value.code === 'string') return value.code;
  return 'name' in value && typeof value.name === 'string' ? value.name : '';
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof RecoveryError) return error.code;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
