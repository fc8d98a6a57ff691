import { ConfigError } from '../errors.ts';
import type { StartOptions } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';
import { ILL_FORMED, isWellFormed } from '../well-formed.ts';
import { MAX_ID_LENGTH } from './child-id.ts';

export const NO_OPTIONS: StartOptions = {};
const START_OPTIONS: readonly string[] = ['id', 'metadata', 'inheritDeadline'];

/** The id has a check of its own. Nothing is made where all is well, since every operation comes through here. */
export function checkStartOptions(options: StartOptions): void {
  if (options === NO_OPTIONS) return;
  let fits = isObject(options);
  if (fits) {
    for (const name in options) fits &&= START_OPTIONS.includes(name);
    fits &&= options.inheritDeadline === undefined || typeof options.inheritDeadline === 'boolean';
  }
  if (!fits) refuseStartOptions(options);
}

function refuseStartOptions(options: unknown): void {
  const problems = new Problems();
  if (problems.check(isObject(options), 'options', options, 'must be an object')) {
    const given = options as StartOptions;
    checkKeys(problems, given, START_OPTIONS);
    const { inheritDeadline = true } = given;
    const fits = typeof inheritDeadline === 'boolean';
    problems.check(fits, 'inheritDeadline', inheritDeadline, 'must be true or false');
  }
  problems.throwIfAny('start');
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

export function checkedId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH) {
    if (isWellFormed(id)) return id;
    throw new ConfigError(`id ${ILL_FORMED}`);
  }
  throw new ConfigError(
    `id must be a string of 1 to ${MAX_ID_LENGTH} characters, got ${typeof id === 'string' ? `one of ${id.length}` : String(id)}`,
  );
}
