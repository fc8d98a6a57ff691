import { RecoveryError } from '../errors.ts';
import { isArray, isInstance, read, readString } from '../safe-access.ts';
import { DATABASE_CODES } from './database-codes.ts';
import type { Entry, Match } from './entry.ts';
import { FINAL, NETWORK, VALIDATION } from './entry.ts';
import { errorsOf, type Link } from './error-chain.ts';
import { statusEntry } from './http-statuses.ts';
import { isFetchFailure, matchMessage } from './messages.ts';
import { NAMES, PROGRAMMING_ERRORS } from './names.ts';
import { CODE_PREFIXES, NODE_CODES } from './node-codes.ts';
import { RECOVERY_CODES } from './recovery-codes.ts';
import { SYSTEM_CODES } from './system-codes.ts';

/** Where libraries keep the status of a response: fetch wrappers, got, axios, Boom, the AWS SDK, Google's clients. */
const STATUS_PATHS = [
  ['status'],
  ['statusCode'],
  ['response', 'status'],
  ['response', 'statusCode'],
  ['output', 'statusCode'],
  ['$metadata', 'httpStatusCode'],
  ['code'],
];

/**
 * The verdict of the built-in rules. What an error says of itself (class, status, code, name) counts before what its causes
 * say, and anything of that before messages, which are guesses.
 * @param retryable what a category says, to choose among the parts of an aggregate
 */
export function matchBuiltIn(chain: Link, retryable: (entry: Entry) => boolean): Match | undefined {
  return matchFacts(chain, retryable) ?? matchWords(chain);
}

function matchFacts(link: Link, retryable: (entry: Entry) => boolean): Match | undefined {
  const { error, cause, parts } = link;
  const own =
    matchOurs(link, retryable) ??
    matchStatus(error) ??
    matchCode(error) ??
    matchName(error) ??
    matchShape(error);
  if (own) return own;
  const caused = cause && matchFacts(cause, retryable);
  if (caused) return caused;
  // Node and Promise.any gather the failures of several ways to one goal, so one way that may open again is enough.
  const matches = parts.flatMap(part => matchFacts(part, retryable) ?? []);
  return matches.find(retryable) ?? matches[0];
}

function matchOurs(link: Link, retryable: (entry: Entry) => boolean): Match | undefined {
  const { error, cause } = link;
  if (!isInstance(error, RecoveryError)) return undefined;
  const { code } = error;
  const entry = Object.hasOwn(RECOVERY_CODES, code) ? RECOVERY_CODES[code] : undefined;
  if (entry === undefined || entry === 'status') return undefined;
  const rule = `code:${code}`;
  if (entry !== 'cause') return { ...entry, rule };
  const { category } = (cause && matchBuiltIn(cause, retryable)) ?? FINAL;
  return { category, retryable: false, rule };
}

function matchStatus(error: unknown): Match | undefined {
  for (const path of STATUS_PATHS) {
    const status = path.reduce(read, error);
    const entry = typeof status === 'number' ? statusEntry(status) : undefined;
    if (entry) return { ...entry, rule: `http:${status}` };
  }
  return undefined;
}

function matchCode(error: unknown): Match | undefined {
  const code = readString(error, 'code');
  if (code === undefined) return undefined;
  const entry =
    SYSTEM_CODES.get(code) ??
    NODE_CODES.get(code) ??
    DATABASE_CODES.get(code) ??
    CODE_PREFIXES.find(([prefix]) => code.startsWith(prefix))?.[1] ??
    NAMES.get(code);
  return entry && { ...entry, rule: `code:${code.slice(0, 100)}` };
}

function matchName(error: unknown): Match | undefined {
  const name = nameOf(error);
  const entry = name === undefined ? undefined : NAMES.get(name);
  return entry && { ...entry, rule: `name:${name}` };
}

/** Lists of findings, as validators attach them: `issues` with paths, `errors` with schema paths. */
function matchShape(error: unknown): Match | undefined {
  const issue = firstOf(read(error, 'issues'));
  if (readString(issue, 'message') !== undefined && isArray(read(issue, 'path'))) {
    return { ...VALIDATION, rule: 'shape:issues' };
  }
  const finding = firstOf(read(error, 'errors'));
  if (
    readString(finding, 'instancePath') !== undefined ||
    readString(finding, 'schemaPath') !== undefined
  ) {
    return { ...VALIDATION, rule: 'shape:errors' };
  }
  return undefined;
}

function matchWords(chain: Link): Match | undefined {
  for (const error of errorsOf(chain)) {
    const name = nameOf(error);
    const message = typeof error === 'string' ? error : (readString(error, 'message') ?? '');
    const programming = name === undefined ? undefined : PROGRAMMING_ERRORS.get(name);
    if (programming && isFetchFailure(message)) return { ...NETWORK, rule: 'message:fetch' };
    if (programming) return { ...programming, rule: `name:${name}` };
    const match = matchMessage(message);
    if (match) return match;
  }
  return undefined;
}

/** The name, or that of the class where the name was left as it is inherited. */
function nameOf(error: unknown): string | undefined {
  const name = readString(error, 'name');
  return name === 'Error' ? readString(read(error, 'constructor'), 'name') : name;
}

function firstOf(list: unknown): unknown {
  return isArray(list) ? read(list, '0') : undefined;
}
