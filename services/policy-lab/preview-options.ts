import { MAX_DURATION } from '../duration.ts';
import type { PreviewOptions } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';

/** How a call of a preview ends, with every gap filled. */
export type Played =
  | { readonly kind: 'success'; readonly duration: number }
  | {
      readonly kind: 'failure';
      readonly error: unknown;
      readonly duration: number;
      readonly retryAfter: number | undefined;
      readonly progress: number | undefined;
    }
  | { readonly kind: 'interrupted'; readonly duration: number }
  | { readonly kind: 'cancelled'; readonly duration: number };

export type PlayedFallback = Extract<Played, { kind: 'success' | 'failure' }>;

/** Options of a preview, checked. What is left out is undefined. */
export interface PreviewScript {
  /** At least one; the last repeats. */
  readonly outcomes: readonly [Played, ...Played[]];
  readonly fallback: PlayedFallback;
  readonly seed: number | undefined;
  readonly start: number | undefined;
  readonly attempts: number;
}

const OPTIONS = ['outcomes', 'fallback', 'seed', 'start', 'attempts'];
const SUCCESS = { kind: 'success', duration: 0 } as const;
const MAX_SEED = 2 ** 32 - 1;
/** About a second's work. */
const MAX_ATTEMPTS = 10_000;
/** The last instant that a Date can show. */
const MAX_INSTANT = 8_640_000_000_000_000;

/** The members of each kind of call, by the one that it has to have. */
const CALLS = {
  error: ['error', 'duration', 'retryAfter', 'progress'],
  success: ['success', 'duration'],
  cancelAfter: ['cancelAfter'],
} as const;

/** @throws ConfigError that lists every problem */
export function previewScript(options: PreviewOptions): PreviewScript {
  const problems = new Problems();
  const isObject = typeof options === 'object' && options !== null;
  problems.check(isObject, 'options', options, 'must be an object with outcomes');
  const given: Partial<PreviewOptions> = isObject ? options : {};
  checkKeys(problems, given, OPTIONS);
  const { outcomes, fallback = 'success', seed, start, attempts = 1_000 } = given;
  const some = Array.isArray(outcomes) && outcomes.length > 0;
  if (isObject) problems.check(some, 'outcomes', outcomes, 'must be a list that is not empty');
  const played = some
    ? outcomes.map((outcome, index) => playedOf(problems, `outcomes.${index}`, outcome))
    : [];
  integer(problems, 'seed', seed ?? 0, 0, MAX_SEED);
  integer(problems, 'attempts', attempts, 1, MAX_ATTEMPTS);
  if (start !== undefined) milliseconds(problems, 'start', start, MAX_INSTANT - MAX_DURATION);
  const standIn = playedOf(problems, 'fallback', fallback);
  const stands = standIn.kind === 'success' || standIn.kind === 'failure';
  problems.check(stands, 'fallback', fallback, 'must be a success or a failure');
  problems.throwIfAny('preview');
  return {
    outcomes: played as [Played, ...Played[]],
    fallback: standIn as PlayedFallback,
    seed,
    start,
    attempts,
  };
}

function playedOf(problems: Problems, option: string, outcome: unknown): Played {
  if (outcome === 'success') return SUCCESS;
  if (outcome === 'interrupted') return { kind: 'interrupted', duration: 0 };
  const fits = typeof outcome === 'object' && outcome !== null;
  problems.check(
    fits,
    option,
    outcome,
    "must be 'success', 'interrupted', an error or a call; what else is thrown goes into { error }",
  );
  if (!fits || !isPlain(outcome)) return failure(outcome, {});
  const call = outcome as Readonly<Record<string, unknown>>;
  const kinds = Object.keys(CALLS).filter(name => name in call);
  const kind = kinds[0] as keyof typeof CALLS | undefined;
  // An error as some clients throw it, without a class.
  if (kind === undefined) return failure(outcome, {});
  for (const key of Object.keys(call)) {
    const known = (CALLS[kind] as readonly string[]).includes(key);
    problems.check(known, `${option}.${key}`, call[key], `is no part of a call with ${kind}`);
  }
  for (const name of ['duration', 'retryAfter', 'progress', 'cancelAfter']) {
    if (call[name] !== undefined) milliseconds(problems, `${option}.${name}`, call[name]);
  }
  if (kind === 'error') return failure(call.error, call);
  if (kind === 'cancelAfter') return { kind: 'cancelled', duration: Number(call.cancelAfter) };
  problems.check(call.success === true, `${option}.success`, call.success, 'must be true');
  return { kind: 'success', duration: Number(call.duration ?? 0) };
}

function failure(error: unknown, call: Readonly<Record<string, unknown>>): Played {
  return {
    kind: 'failure',
    error,
    duration: Number(call.duration ?? 0),
    retryAfter: call.retryAfter as number | undefined,
    progress: call.progress as number | undefined,
  };
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function milliseconds(problems: Problems, option: string, value: unknown, most = MAX_DURATION) {
  const fits = typeof value === 'number' && value >= 0 && value <= most;
  problems.check(fits, option, value, `must be a number of milliseconds from 0 to ${most}`);
}

function integer(problems: Problems, option: string, value: unknown, least: number, most: number) {
  const fits = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  problems.check(fits, option, value, `must be an integer from ${least} to ${most}`);
}
