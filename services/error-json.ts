import type { JsonError } from '../machines/json-error.ts';
import { boundedCopy, copyProperties, cut } from './bounded-copy.ts';
import { RecoveryError } from './errors.ts';
import { isArray, isErrorLike, isInstance, keysOf, read, readString } from './safe-access.ts';

export type { JsonError } from '../machines/json-error.ts';
export { errorFromJson } from './error-revival.ts';

/** Characters of JSON text that an error may take in all. */
const MAX_SIZE = 16_384;
/** What of it is kept for names, braces and marks. */
const RESERVE = 2_384;
const MAX_MESSAGE = 2_000;
const MAX_STACK = 4_000;
const MAX_NAME = 100;
/** Errors in all: the one that was thrown, its causes, and the parts of aggregates. */
const MAX_ERRORS = 20;
/** Parts of one aggregate. */
const MAX_PARTS = 10;
/** Less text than this is not worth a place. */
const MIN_TEXT = 80;

/** The properties of an error that have a place of their own in its JSON. */
const OWN_PLACE = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/** Stands for an error that is its own cause or part. */
const CIRCULAR: JsonError = { name: 'Error', message: '(an error that stands further up)' };
const CIRCULAR_SIZE = JSON.stringify(CIRCULAR).length;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Found {
  readonly source: unknown;
  readonly json: Mutable<JsonError> & { cause?: JsonError; errors?: JsonError[] };
}

/**
 * Anything that was thrown, as strict JSON of at most 16 KB. Never throws, whatever it is given: not for undefined,
 * strings, frozen objects, cycles, nor for getters and proxies that throw.
 *
 * Kept are name, message (2,000 characters), string code, causes and parts of aggregates (20 errors in all), as much of the stacks as
 * there is room for, and as `details` a small likeness of what else the error carries. For what is no Error, `thrown` says what it was: a
 * `typeof`, or `null`.
 */
export function errorToJson(error: unknown): JsonError {
  const budget = new Budget(MAX_SIZE - RESERVE);
  const found = chain(error, budget);
  // Breadth first, and stacks before details: what says most gets its place first.
  for (const { source, json } of found) {
    const stack = readString(source, 'stack');
    const text = stack === undefined ? undefined : budget.text(stack, MAX_STACK);
    if (text !== undefined) json.stack = text;
  }
  for (const { source, json } of found) {
    const details = detailsOf(source, json);
    if (details !== undefined && budget.spend(JSON.stringify(details).length)) {
      json.details = details;
    }
  }
  return (found[0] as Found).json;
}

/** The error and all that hang on it, breadth first, each with the beginning of its JSON. */
function chain(error: unknown, budget: Budget): Found[] {
  const found: Found[] = [{ source: error, json: skeleton(error, budget) }];
  const seen = new Set<unknown>([error]);
  const add = (source: unknown): JsonError | undefined => {
    if (seen.has(source)) return budget.spend(CIRCULAR_SIZE) ? CIRCULAR : undefined;
    if (found.length >= MAX_ERRORS) return undefined;
    if (typeof source === 'object') seen.add(source);
    const json = skeleton(source, budget);
    found.push({ source, json });
    return json;
  };
  for (let index = 0; index < found.length; index++) {
    const { source, json } = found[index] as Found;
    const cause = read(source, 'cause');
    if (cause !== undefined && cause !== null && (isErrorLike(cause) || isErrorLike(source))) {
      const added = add(cause);
      if (added) json.cause = added;
    }
    const parts = read(source, 'errors');
    if (isErrorLike(source) && isArray(parts)) {
      const errors = errorsAmong(parts).flatMap(part => add(part) ?? []);
      if (errors.length > 0) json.errors = errors;
    }
  }
  return found;
}

/** The first parts that are errors: validation libraries keep plain data under the same name, and that belongs to the details. */
function errorsAmong(parts: readonly unknown[]): unknown[] {
  const length = read(parts, 'length');
  const count = Math.min(typeof length === 'number' ? length : 0, MAX_PARTS);
  return Array.from({ length: count }, (_, index) => read(parts, String(index))).filter(
    isErrorLike,
  );
}

function skeleton(source: unknown, budget: Budget): Found['json'] {
  const json: Found['json'] = {
    name: budget.text(nameOf(source), MAX_NAME) ?? 'Error',
    message: budget.text(messageOf(source), MAX_MESSAGE) ?? '…',
  };
  const code = readString(source, 'code');
  const shortCode = code === undefined ? undefined : budget.text(code, MAX_NAME, 0);
  if (shortCode !== undefined) json.code = shortCode;
  if (!isInstance(source, Error)) json.thrown = source === null ? 'null' : typeof source;
  return json;
}

function nameOf(source: unknown): string {
  return readString(source, 'name') || (isInstance(source, Error) ? 'Error' : 'NonError');
}

function messageOf(source: unknown): string {
  if (typeof source === 'string') return source;
  const message = readString(source, 'message');
  if (message !== undefined) return message;
  if (isInstance(source, Error)) return '';
  if (typeof source === 'symbol' || typeof source === 'function') return `a ${typeof source}`;
  return JSON.stringify(boundedCopy(source)) ?? String(source);
}

function detailsOf(source: unknown, json: JsonError): unknown {
  if (isInstance(source, RecoveryError)) {
    const details = boundedCopy(read(source, 'details'));
    return keysOf(Object(details)).length > 0 ? details : undefined;
  }
  if (typeof source !== 'object' || source === null || isArray(source)) return undefined;
  const keys = keysOf(source).filter(
    key =>
      !(OWN_PLACE.has(key) && (key in json || key === 'stack')) &&
      !(key === 'code' && json.code !== undefined),
  );
  const details = copyProperties(source, keys);
  return Object.keys(details).length > 0 ? details : undefined;
}

/** Characters of JSON text that are left. */
class Budget {
  #left: number;

  constructor(characters: number) {
    this.#left = characters;
  }

  /** Takes that many, if there are as many. */
  spend(characters: number): boolean {
    if (characters > this.#left) return false;
    this.#left -= characters;
    return true;
  }

  /** As much of a text as fits, at most `limit` characters; undefined when that would be next to nothing. */
  text(text: string, limit: number, least = Math.min(MIN_TEXT, text.length)): string | undefined {
    for (let length = limit; length >= least; length = Math.floor(length / 2)) {
      const part = cut(text, length);
      // Escapes take up to six characters each.
      if (this.spend(JSON.stringify(part).length)) return part;
      if (length === 0) break;
    }
    return undefined;
  }
}
