import { ConfigError } from './errors.ts';

/** Something that is wrong with one option. JSON-safe. */
export interface Problem {
  /** The option, or the environment variable. */
  readonly option: string;
  /** What it was: the value itself where it is a plain one, else words. */
  readonly value: string | number | boolean | null;
  /** Continues a sentence that begins with the option: `must be an integer >= 0`. */
  readonly problem: string;
  readonly source: 'options' | 'environment';
}

/** Gathers what is wrong with a set of options, so that one error can name it all. */
export class Problems {
  readonly #found: Problem[] = [];

  /** Whether a problem with this option was noted. */
  has(option: string): boolean {
    return this.#found.some(problem => problem.option === option);
  }

  /** Notes a problem unless `fits`; gives `fits` back. */
  check(
    fits: boolean,
    option: string,
    value: unknown,
    problem: string,
    source: Problem['source'] = 'options',
  ): boolean {
    if (!fits) this.#found.push({ option, value: plain(value), problem, source });
    return fits;
  }

  /** Notes a problem unless the value is a finite number of at least `least`. */
  number(option: string, value: unknown, least: number): boolean {
    const fits = typeof value === 'number' && Number.isFinite(value) && value >= least;
    return this.check(fits, option, value, `must be a finite number >= ${least}`);
  }

  /**
   * @param owner whose options they are, the beginning of the message
   * @throws ConfigError when there is a problem; `details.problems` is the list
   */
  throwIfAny(owner?: string): void {
    if (this.#found.length === 0) return;
    const sentences = this.#found
      .map(({ option, problem, value }) => `${option} ${problem}, got ${written(value)}`)
      .join('; ');
    throw new ConfigError(owner ? `${owner}: ${sentences}` : sentences, {
      details: { problems: this.#found },
    });
  }
}

/** Notes every key that is not among the known ones. */
export function checkKeys(problems: Problems, options: object, known: readonly string[]): void {
  for (const [key, value] of Object.entries(options)) {
    problems.check(known.includes(key), key, value, `is not an option${suggestion(key, known)}`);
  }
}

/** ` (did you mean x?)` where a known name is close, else nothing; `prefix` stands before both. */
export function suggestion(name: string, known: readonly string[], prefix = ''): string {
  const best = closest(name, known);
  if (best === undefined || editDistance(name, best) > Math.max(2, best.length / 3)) return '';
  return ` (did you mean ${prefix}${best}?)`;
}

/** The known name that is most like this one. */
function closest(name: string, known: readonly string[]): string | undefined {
  return [...known].sort((a, b) => editDistance(name, a) - editDistance(name, b))[0];
}

/** Insertions, deletions and replacements between two words, ignoring case (Levenshtein). */
function editDistance(a: string, b: string): number {
  const left = a.slice(0, 100).toLowerCase();
  const right = b.toLowerCase();
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === right[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function plain(value: unknown): Problem['value'] {
  switch (typeof value) {
    case 'string':
      return value.length > 100 ? `${value.slice(0, 100)}…` : value;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : Array.isArray(value) ? 'an array' : 'an object';
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      return String(value);
  }
}

/** Strings in quotes, unless they are words that stand for a value. */
function written(value: Problem['value']): string {
  return typeof value === 'string' && !WORDS.test(value) ? JSON.stringify(value) : String(value);
}

const WORDS = /^(NaN|-?Infinity|undefined|an? (array|object|function|symbol))$/;
