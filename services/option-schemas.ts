import { z } from 'zod';
import { MAX_DURATION } from './duration.ts';
import { type Problem, type Problems, suggestion } from './problems.ts';

/** Building blocks of option schemas. Each has one message, which continues a sentence that begins with the option's name. */

/** An integer of at least `least`. */
export function count(least: number) {
  const error = `must be an integer >= ${least}`;
  return z.int({ error }).min(least, { error });
}

/** Milliseconds, 0 included. */
export function duration() {
  const error = `must be a number of milliseconds from 0 to ${MAX_DURATION}`;
  return z.number({ error }).min(0, { error }).max(MAX_DURATION, { error });
}

/** Milliseconds of a limit: 0 would let nothing through. */
export function limit() {
  const error = `must be a number of milliseconds > 0, up to ${MAX_DURATION}`;
  return z.number({ error }).gt(0, { error }).max(MAX_DURATION, { error });
}

/** An integer from `least` to `most`. */
export function countUpTo(least: number, most: number) {
  const error = `must be an integer from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** A share that something must reach. */
export function ratio() {
  const error = 'must be a number above 0, up to 1';
  return z.number({ error }).gt(0, { error }).max(1, { error });
}

/** A finite amount, 0 included. */
export function amount() {
  const error = 'must be a finite number >= 0';
  return z.number({ error }).min(0, { error });
}

/** A finite amount that is not nothing. */
export function someAmount() {
  const error = 'must be a finite number > 0';
  return z.number({ error }).gt(0, { error });
}

export function oneOf(...words: readonly string[]) {
  const error = `must be ${words.map(word => `'${word}'`).join(' or ')}`;
  return z.enum(words, { error });
}

export function text() {
  const error = 'must be a string that is not empty';
  return z.string({ error }).refine(value => value.trim() !== '', { error });
}

export function func() {
  return satisfying(value => typeof value === 'function', 'must be a function');
}

/** Whatever passes a test. */
export function satisfying(test: (value: unknown) => boolean, error: string) {
  return z.custom(test, { error });
}

/** An object that has these methods. */
export function implementing(what: string, methods: readonly string[]) {
  return satisfying(
    value =>
      typeof value === 'object' &&
      value !== null &&
      methods.every(method => typeof (value as Record<string, unknown>)[method] === 'function'),
    `must be ${what}: an object with ${methods.join(', ')}`,
  );
}

/** Objects of optional members; a key that is none of them is a problem. */
export function record<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: 'must be an object' }).partial();
}

/** Checks a value and notes each problem under the option's path; true when there was none. */
export function noteProblems(
  problems: Problems,
  schema: z.ZodType,
  value: unknown,
  known: readonly string[],
  source: Problem['source'] = 'options',
  prefix = '',
): boolean {
  const result = schema.safeParse(value);
  if (result.success) return true;
  const noted = new Set<string>();
  for (const issue of result.error.issues) {
    const path = prefix ? [prefix, ...issue.path] : issue.path;
    const culprit = valueAt(value, issue.path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const hint = issue.path.length === 0 ? suggestion(key, known) : '';
        const option = [...path, key].join('.');
        problems.check(false, option, valueAt(culprit, [key]), `is not an option${hint}`, source);
      }
      continue;
    }
    const option = path.join('.') || 'options';
    // One sentence for an option says it all, though several of its checks may have failed.
    if (!noted.has(option)) problems.check(false, option, culprit, issue.message, source);
    noted.add(option);
  }
  return false;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}
