import { NotSerializableError, PersistenceError } from './errors.ts';

/** Levels of arrays and objects; deeper values are refused, so that no later reader runs out of stack. */
const MAX_DEPTH = 1_000;
/** Characters of a path that are shown; of a longer one the middle is left out. */
const MAX_PATH = 200;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

interface Problem {
  /** What is wrong, to follow "is". */
  readonly why: string;
  /** Steps from the problem up to the root. */
  readonly path: string[];
}

/**
 * JSON text of a value that reads back as what it was; `null` for `undefined`.
 *
 * Whatever JSON would change or drop is refused: Date, Map and every other class instance, functions, symbols, BigInt,
 * NaN, the infinities, -0, holes and `undefined` in arrays, extra properties of arrays, an object's accessors and hidden or
 * symbol-named properties, cycles, and values nested deeper than 1,000 levels. An object's property that is `undefined` is left
 * out: it reads back as `undefined` all the same. Objects without a prototype come back with one; an object
 * that is reached twice comes back as two.
 * @param what what the value is, the beginning of the path in errors: `input`, `output`, `step "clone"`
 * @throws NotSerializableError with `details.path`, such as `input.items[3].when`
 */
export function toStrictJson(value: unknown, what: string): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string') return JSON.stringify(value);
  try {
    const problem = check(value, []);
    if (problem) throw refusal(what, problem.path, problem.why);
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof NotSerializableError) throw error;
    throw refusal(what, [], 'not readable: looking at it threw an error', error);
  }
}

/**
 * The value of a text that `toStrictJson` made; `undefined` for `null`.
 * @throws PersistenceError when the text is not JSON
 */
export function fromJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PersistenceError('stored text is not JSON', { cause });
  }
}

/** The first problem of a value, depth first. Paths are put together on the way back, so that a good value pays for none. */
function check(value: unknown, ancestors: object[]): Problem | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return undefined;
      return { why: Object.is(value, -0) ? '-0' : String(value), path: [] };
    case 'object':
      return value === null ? undefined : checkObject(value, ancestors);
    case 'undefined':
      return { why: 'undefined', path: [] };
    default:
      return { why: `a ${typeof value}`, path: [] };
  }
}

function checkObject(value: object, ancestors: object[]): Problem | undefined {
  if (ancestors.includes(value)) return { why: 'a cycle', path: [] };
  if (ancestors.length === MAX_DEPTH) {
    return { why: `nested deeper than ${MAX_DEPTH} levels`, path: [] };
  }
  const prototype: object | null = Object.getPrototypeOf(value);
  const isArray = Array.isArray(value);
  if (!(isArray ? isArrayPrototype(prototype) : isPlainPrototype(prototype))) {
    return { why: `an instance of ${className(prototype)}`, path: [] };
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return { why: 'an object with its own toJSON', path: [] };
  }
  ancestors.push(value);
  const problem = isArray ? checkItems(value, ancestors) : checkProperties(value, ancestors);
  ancestors.pop();
  return problem;
}

/** Reads items instead of looking at their descriptors, which would take ten times as long; an accessor among them counts as its value. */
function checkItems(array: readonly unknown[], ancestors: object[]): Problem | undefined {
  for (let index = 0; index < array.length; index++) {
    const item = array[index];
    const problem = check(item, ancestors);
    if (problem) {
      problem.path.push(`[${index}]`);
      return item === undefined && !Object.hasOwn(array, index)
        ? { why: 'a hole', path: problem.path }
        : problem;
    }
  }
  const keys = Object.keys(array);
  const extra: string | symbol | undefined =
    keys.length > array.length ? keys[array.length] : Object.getOwnPropertySymbols(array)[0];
  return extra === undefined
    ? undefined
    : { why: 'a property of an array, which JSON drops', path: [segment(extra)] };
}

function checkProperties(object: object, ancestors: object[]): Problem | undefined {
  const keys = Object.keys(object);
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property === undefined) continue;
    const problem: Problem | undefined =
      property.get || property.set
        ? { why: 'an accessor', path: [] }
        : property.value === undefined
          ? undefined
          : check(property.value, ancestors);
    if (problem) {
      problem.path.push(segment(key));
      return problem;
    }
  }
  return hiddenProperty(object, keys);
}

function hiddenProperty(object: object, keys: readonly string[]): Problem | undefined {
  const names = Object.getOwnPropertyNames(object);
  const hidden: string | symbol | undefined =
    names.length > keys.length
      ? names.find(name => !keys.includes(name))
      : Object.getOwnPropertySymbols(object)[0];
  return hidden === undefined
    ? undefined
    : { why: 'a hidden or symbol-named property, which JSON drops', path: [segment(hidden)] };
}

function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || (prototype !== null && Array.isArray(prototype));
}

/** Also for the objects of another realm, whose `Object.prototype` is another one. */
function isPlainPrototype(prototype: object | null): boolean {
  return (
    prototype === null ||
    prototype === Object.prototype ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
  );
}

function className(prototype: object | null): string {
  const name: unknown = (prototype as { constructor?: { name?: unknown } } | null)?.constructor
    ?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'a class';
}

function segment(key: string | symbol): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function refusal(
  what: string,
  steps: readonly string[],
  why: string,
  cause?: unknown,
): NotSerializableError {
  const whole = what + steps.toReversed().join('');
  const path =
    whole.length <= MAX_PATH
      ? whole
      : `${whole.slice(0, MAX_PATH / 2)}…${whole.slice(-MAX_PATH / 2)}`;
  return new NotSerializableError(`${path} is ${why}; it would not survive JSON`, {
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
