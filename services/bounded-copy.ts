import { isArray, isErrorLike, isPlainObject, keysOf, read, readString } from './safe-access.ts';

/** Entries that are kept on each level; what lies deeper is only named. */
const MAX_ENTRIES = [20, 10, 5];
const MAX_TEXT = 500;

/** The beginning of a text, with a mark that says how much is missing. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
}

/**
 * A small strict-JSON likeness of any value, for people: three levels of at most 20, 10 and 5 entries, texts of 500 characters. What JSON
 * cannot hold is named instead. `undefined` for what has no likeness worth keeping.
 */
export function boundedCopy(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
      return cut(value, MAX_TEXT);
    case 'number':
      return Number.isFinite(value) ? value + 0 : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return cut(`${value}n`, MAX_TEXT);
    case 'object':
      return value === null ? null : copyObject(value, depth);
    default:
      return undefined;
  }
}

function copyObject(value: object, depth: number): unknown {
  if (isErrorLike(value)) {
    const name = readString(value, 'name') ?? 'Error';
    return cut(`${name}: ${readString(value, 'message') ?? ''}`, MAX_TEXT);
  }
  if (isArray(value)) return depth < MAX_ENTRIES.length ? copyItems(value, depth) : '[Array]';
  if (isPlainObject(value)) {
    return depth < MAX_ENTRIES.length ? copyProperties(value, keysOf(value), depth) : '[Object]';
  }
  const time = timeOf(value);
  return time ?? `[${cut(readString(read(value, 'constructor'), 'name') || 'Object', 50)}]`;
}

/** Likenesses of some properties, those without one left out. */
export function copyProperties(
  value: object,
  keys: readonly string[],
  depth = 0,
): Record<string, unknown> {
  const most = MAX_ENTRIES[depth] ?? 0;
  const copy: Record<string, unknown> = {};
  for (const key of keys.slice(0, most)) {
    const property = key === '__proto__' ? undefined : boundedCopy(read(value, key), depth + 1);
    if (property !== undefined) copy[cut(key, 100)] = property;
  }
  if (keys.length > most) copy['…'] = `${keys.length - most} more`;
  return copy;
}

function copyItems(value: readonly unknown[], depth: number): unknown[] {
  const length = read(value, 'length');
  const count = typeof length === 'number' ? length : 0;
  const most = MAX_ENTRIES[depth] ?? 0;
  const items = Array.from(
    { length: Math.min(count, most) },
    (_, index) => boundedCopy(read(value, String(index)), depth + 1) ?? null,
  );
  if (count > most) items.push(`… ${count - most} more`);
  return items;
}

function timeOf(value: object): string | undefined {
  try {
    return value instanceof Date ? value.toISOString() : undefined;
  } catch {
    return undefined;
  }
}
