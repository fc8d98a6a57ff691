import { createHash } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { ILL_FORMED, isWellFormed } from '../well-formed.ts';

/** Characters of an operation's id at most. */
export const MAX_ID_LENGTH = 512;
const MAX_KEY_LENGTH = 200;

/**
 * The id of a child: its parent's, a slash, and the key with `%`, `/` and `~` escaped like in an address. So the last slash always parts the two, and no two
 * pairs of parent and key share an id. One that would be too long is `~` and the SHA-256 of it; no key begins with that sign.
 * @param undone lives of the parent that have ended with undos: the next one has children of its own, whose ids end in `~2`, `~3` ...
 */
export function childId(parentId: string, key: string, undone = 0): string {
  const life = undone === 0 ? '' : `~${undone + 1}`;
  const id = `${parentId}/${key.replace(/[%/~]/g, escaped)}${life}`;
  return id.length <= MAX_ID_LENGTH ? id : `~${createHash('sha256').update(id).digest('hex')}`;
}

const escaped = (sign: string) =>
  `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** @throws ConfigError */
export function checkedChildKey(key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= MAX_KEY_LENGTH) {
    if (isWellFormed(key)) return key;
    throw new ConfigError(`key of a child ${ILL_FORMED}`);
  }
  const got = typeof key === 'string' ? `one of ${key.length}` : String(key);
  throw new ConfigError(
    `key of a child must be a string of 1 to ${MAX_KEY_LENGTH} characters, got ${got}`,
  );
}
