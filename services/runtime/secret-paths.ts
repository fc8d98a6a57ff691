import { isSecretPath } from '../secret-path.ts';

/** What stands in a stored input where a secret was: `{ "$secret": "headers.authorization" }`. */
const MARK = '$secret';

type Visit = (value: unknown, put: (value: unknown) => void, path: string) => void;

/** Where a definition's inputs have secrets: dotted paths, in which `*` is every member. Works on inputs as JSON text. */
export class SecretPaths {
  readonly #paths: readonly (readonly string[])[];

  constructor(paths: readonly string[]) {
    this.#paths = paths.filter(isSecretPath).map(path => path.split('.'));
  }

  /** The input without its secrets, and each of their values. */
  hide(whole: string | null): {
    readonly args: string | null;
    readonly values: readonly unknown[];
  } {
    const values: unknown[] = [];
    const args = this.#changed(whole, (value, put, path) => {
      if (value === null || isMark(value, path)) return;
      values.push(value);
      put({ [MARK]: path });
    });
    return { args, values };
  }

  /** The paths of the secrets that an input lacks. */
  missing(args: string | null): readonly string[] {
    const paths: string[] = [];
    this.#changed(args, (value, _, path) => {
      if (isMark(value, path)) paths.push(path);
    });
    return paths;
  }

  /** The input with the values of those that it lacks, as far as they are given. */
  fill(args: string | null, values: Readonly<Record<string, unknown>>): string | null {
    return this.#changed(args, (value, put, path) => {
      if (isMark(value, path) && Object.hasOwn(values, path)) put(values[path]);
    });
  }

  #changed(text: string | null, visit: Visit): string | null {
    if (text === null) return null;
    const root = { input: JSON.parse(text) as unknown };
    for (const path of this.#paths) walk(root, 'input', path, [], visit);
    return JSON.stringify(root.input);
  }
}

function walk(
  owner: object,
  key: string,
  left: readonly string[],
  gone: readonly string[],
  visit: Visit,
): void {
  const value = (owner as Record<string, unknown>)[key];
  const [next, ...rest] = left;
  if (next === undefined) {
    // An own property, also where it is called `__proto__`.
    const put = (changed: unknown) =>
      Object.defineProperty(owner, key, {
        value: changed,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    visit(value, put, gone.join('.'));
    return;
  }
  if (typeof value !== 'object' || value === null || isMark(value, gone.join('.'))) return;
  const keys = next === '*' ? Object.keys(value) : Object.hasOwn(value, next) ? [next] : [];
  for (const one of keys) walk(value, one, rest, [...gone, one], visit);
}

function isMark(value: unknown, path: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 1 &&
    (value as Readonly<Record<string, unknown>>)[MARK] === path
  );
}
