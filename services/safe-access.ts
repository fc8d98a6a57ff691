/** Looking at values that may be anything, such as what a function threw: getters and proxies may throw, and nothing here does. */

/** A property; undefined when the value has none or reading it throws. */
export function read(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function')
    return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** A property that is a string; undefined otherwise. */
export function readString(value: unknown, key: string): string | undefined {
  const property = read(value, key);
  return typeof property === 'string' ? property : undefined;
}

/** The names of an object's own enumerable properties; none when that throws. */
export function keysOf(value: object): readonly string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

export function isInstance<T>(
  value: unknown,
  type: abstract new (...args: never[]) => T,
): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** An array, as far as it can be looked at. */
export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** An object whose prototype is nobody's class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  } catch {
    return false;
  }
}

/** An Error, also one of another realm or library that only looks like one. */
export function isErrorLike(value: unknown): value is object {
  return (
    isInstance(value, Error) ||
    (readString(value, 'message') !== undefined && readString(value, 'name') !== undefined)
  );
}
