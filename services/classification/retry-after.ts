import { MAX_DURATION } from '../duration.ts';
import { isArray, isInstance, keysOf, read } from '../safe-access.ts';
import { httpDate } from './http-date.ts';

/** Milliseconds; they win over `Retry-After`, since services send them beside it to say the same more exactly. */
const IN_MILLISECONDS = ['retry-after-ms', 'x-ms-retry-after-ms', 'x-amz-retry-after'];
const NUMBER = /^\d+(\.\d+)?$/;
/** One value of several that were joined with commas; a date has a comma of its own after the day's name. */
const VALUES = /(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*, *)?[^,]+/gi;
/** Headers, values of one header and characters of one value that are looked at. */
const MAX_HEADERS = 200;
const MAX_VALUES = 10;
const MAX_LENGTH = 200;

/**
 * How long a server wants to be left alone, in milliseconds from now: from `retryAfter` of the error (a number of milliseconds), else
 * from the headers `Retry-After-Ms` (or what Azure and AWS call it) and `Retry-After` (seconds or an HTTP date, RFC 9110 section 10.2.3)
 * of the error or its `response` (`$response` in the AWS SDK). The longest counts where a header has several values.
 * @param now epoch milliseconds
 */
export function retryAfterOf(error: unknown, now: () => number): number | undefined {
  const own = read(error, 'retryAfter');
  const given = typeof own === 'number' ? bounded(own) : undefined;
  if (given !== undefined) return given;
  for (const holder of [error, read(error, 'response'), read(error, '$response')]) {
    const headers = read(holder, 'headers');
    if (headers === undefined) continue;
    const asked = askedBy(headers, now);
    if (asked !== undefined) return asked;
  }
  return undefined;
}

function askedBy(headers: unknown, now: () => number): number | undefined {
  for (const name of IN_MILLISECONDS) {
    const exact = longest(header(headers, name), value => bounded(decimal(value)));
    if (exact !== undefined) return exact;
  }
  return longest(header(headers, 'retry-after'), value => retryAfterIn(value, now()));
}

/** What one value of `Retry-After` says, in milliseconds from `now`; undefined when it says nothing. */
function retryAfterIn(value: string | number, now: number): number | undefined {
  const seconds = decimal(value);
  if (!Number.isNaN(seconds)) return bounded(seconds * 1_000);
  const instant = httpDate(String(value), now);
  return instant === undefined ? undefined : bounded(Math.max(0, instant - now));
}

function decimal(value: string | number): number {
  if (typeof value === 'number') return value;
  return NUMBER.test(value) ? Number(value) : Number.NaN;
}

function bounded(milliseconds: number): number | undefined {
  return milliseconds >= 0 ? Math.min(milliseconds, MAX_DURATION) : undefined;
}

type Value = string | number;

function longest(
  values: readonly Value[],
  milliseconds: (value: Value) => number | undefined,
): number | undefined {
  const found = values.map(milliseconds).filter(value => value !== undefined);
  return found.length === 0 ? undefined : Math.max(...found);
}

/** What a header of a Headers, a Map, an object or a list holds, one by one; names in any case. */
function header(headers: unknown, name: string): Value[] {
  return named(headers, name)
    .flatMap(value => (isArray(value) ? firstOf(value, MAX_VALUES) : [value]))
    .flatMap((value): readonly Value[] => {
      if (typeof value === 'number') return [value];
      return typeof value === 'string' ? (value.slice(0, MAX_LENGTH).match(VALUES) ?? []) : [];
    })
    .slice(0, MAX_VALUES)
    .map(value => (typeof value === 'string' ? value.trim() : value));
}

function named(headers: unknown, name: string): unknown[] {
  const value = isArray(headers) ? undefined : got(headers, name);
  if (value !== undefined) return [value];
  return entriesOf(headers)
    .filter(([key]) => typeof key === 'string' && key.toLowerCase() === name)
    .map(entry => entry[1]);
}

function got(headers: unknown, name: string): unknown {
  const get = read(headers, 'get');
  if (typeof get !== 'function') return undefined;
  try {
    return get.call(headers, name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Names with their values: of a list of pairs, or of names and values in turn, of a Map, of an object. */
function entriesOf(headers: unknown): (readonly [unknown, unknown])[] {
  if (isArray(headers)) {
    const items = firstOf(headers, MAX_HEADERS);
    return isArray(items[0])
      ? items.map(pair => [read(pair, '0'), read(pair, '1')])
      : items.flatMap((item, index) =>
          index % 2 === 0 ? [[item, items[index + 1]] as const] : [],
        );
  }
  if (isInstance(headers, Map)) {
    try {
      return [...Map.prototype.entries.call(headers)].slice(0, MAX_HEADERS);
    } catch {
      return [];
    }
  }
  if (typeof headers !== 'object' || headers === null) return [];
  return keysOf(headers)
    .slice(0, MAX_HEADERS)
    .map(key => [key, read(headers, key)]);
}

function firstOf(list: readonly unknown[], count: number): unknown[] {
  const length = Math.min(Number(read(list, 'length')) || 0, count);
  return Array.from({ length }, (_, index) => read(list, String(index)));
}
