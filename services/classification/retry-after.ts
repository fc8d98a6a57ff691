import { MAX_DURATION } from '../duration.ts';
import { isArray, keysOf, read } from '../safe-access.ts';

const SECONDS = /^\d+(\.\d+)?$/;
/** Header names that are looked at, where they have to be compared one by one. */
const MAX_HEADERS = 200;

/**
 * How long a server wants to be left alone, in milliseconds from now: from `retryAfter` of the error (a number of
 * milliseconds), else from the headers `Retry-After-Ms` and `Retry-After` (seconds or an HTTP date, RFC 9110 section 10.2.3) of
 * the error or its `response`.
 * @param now epoch milliseconds
 */
export function retryAfterOf(error: unknown, now: () => number): number | undefined {
  const own = read(error, 'retryAfter');
  if (typeof own === 'number') return bounded(own);
  for (const holder of [error, read(error, 'response')]) {
    const headers = read(holder, 'headers');
    const milliseconds = header(headers, 'retry-after-ms');
    if (milliseconds !== undefined && SECONDS.test(milliseconds))
      return bounded(Number(milliseconds));
    const text = header(headers, 'retry-after');
    const parsed = text === undefined ? undefined : parse(text, now);
    if (parsed !== undefined) return parsed;
  }
  return undefined;
}

function parse(text: string, now: () => number): number | undefined {
  if (SECONDS.test(text)) return bounded(Number(text) * 1_000);
  // Date.parse takes "-5" and "1.2.3" for dates; every date of HTTP names its month.
  if (!/[a-z]{3}/i.test(text)) return undefined;
  return bounded(Math.max(0, Date.parse(text) - now()));
}

function bounded(milliseconds: number): number | undefined {
  return milliseconds >= 0 ? Math.min(milliseconds, MAX_DURATION) : undefined;
}

/** A header of a Headers, a Map, an object, or a flat list of names and values; names in any case. */
function header(headers: unknown, name: string): string | undefined {
  const value = isArray(headers)
    ? listed(headers, name)
    : (got(headers, name) ?? keyed(headers, name));
  const first = isArray(value) ? read(value, '0') : value;
  if (typeof first === 'number') return String(first);
  return typeof first === 'string' ? first.trim().slice(0, 100) : undefined;
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

function keyed(headers: unknown, name: string): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const key = keysOf(headers)
    .slice(0, MAX_HEADERS)
    .find(candidate => candidate.toLowerCase() === name);
  return key === undefined ? undefined : read(headers, key);
}

function listed(headers: readonly unknown[], name: string): unknown {
  for (let index = 0; index < MAX_HEADERS; index += 2) {
    const candidate = read(headers, String(index));
    if (String(typeof candidate === 'string' ? candidate : '').toLowerCase() === name) {
      return read(headers, String(index + 1));
    }
  }
  return undefined;
}
