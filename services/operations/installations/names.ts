import { shown } from './repository-url.ts';

/** Bytes; with what is put around it it must still be the name of a file. */
const MAX_NAME = 150;
const MAX_REF = 250;
/** What Windows keeps for devices, with any ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;
const UNSAFE_IN_NAME = /[^\p{L}\p{N}_.+ @=,-]/u;
/** What git refuses in a ref, what makes a pattern or an expression of it, and what a shell might take for more. */
const UNSAFE_IN_REF = /[\s\p{C}~^:?*[\]\\"'`$&;|<>(){}!]/u;

/** What is wrong with the name of a folder below the root; undefined for nothing. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (Buffer.byteLength(name) > MAX_NAME) return `must not be longer than ${MAX_NAME} bytes`;
  if (/[/\\]/.test(name)) return `must be the name of one folder, got "${name}"`;
  // Names with a dot in front are for what lies beside the targets.
  if (/^[.-]/.test(name)) return `must not begin with "${name[0]}", got "${name}"`;
  const unsafe = UNSAFE_IN_NAME.exec(name);
  if (unsafe !== null)
    return `must not contain ${shown(unsafe[0])} (character ${unsafe.index + 1})`;
  if (/^ |[. ]$/.test(name)) return `must not begin or end with a space or end with a dot`;
  if (DEVICES.test(name)) return `must not be the name of a device, got "${name}"`;
  return undefined;
}

/** What is wrong with a branch, tag or commit; undefined for nothing. */
export function refProblem(ref: string): string | undefined {
  if (ref === '') return 'must not be empty';
  if (ref.length > MAX_REF) return `must not be longer than ${MAX_REF} characters`;
  if (ref.startsWith('-')) return 'must not begin with "-", which is for options';
  const unsafe = UNSAFE_IN_REF.exec(ref);
  if (unsafe !== null)
    return `must not contain ${shown(unsafe[0])} (character ${unsafe.index + 1})`;
  const misnamed =
    ref === '@' ||
    ref.includes('..') ||
    ref.includes('@{') ||
    ref.split('/').some(part => part === '' || /^\.|\.$|\.lock$/.test(part));
  return misnamed ? `is not the name of a branch, tag or commit, got "${ref}"` : undefined;
}

/** Whether a ref is a whole commit id, which nobody can move. */
export function isCommit(ref: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
}

/** Whether a ref may be the beginning of a commit id. */
export function isShortCommit(ref: string): boolean {
  return /^[0-9a-f]{7,63}$/.test(ref) && !isCommit(ref);
}
