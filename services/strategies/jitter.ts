import type { Random } from '../ports.ts';
import type { Problems } from '../problems.ts';

/**
 * How chance changes a delay, so that callers that failed together do not come back together.
 * - `none`: not at all
 * - `full`: anything from 0 up to the delay
 * - `equal`: half of it stays, the other half is drawn
 * - `decorrelated`: a smooth spread around the delay that also leans away from the one before
 *
 * `true` stands for `full`, `false` for `none`.
 */
export type Jitter = 'none' | 'full' | 'equal' | 'decorrelated' | boolean;
export type JitterKind = Exclude<Jitter, boolean>;
/** Jitter for delays that do not double; the formula of `decorrelated` does. */
export type FlatJitter = Exclude<Jitter, 'decorrelated'>;

const FLAT_KINDS: readonly unknown[] = ['none', 'full', 'equal', true, false];

export function jitterKind<Given extends Jitter>(
  jitter: Given,
): Exclude<Given, boolean> | 'full' | 'none' {
  if (typeof jitter === 'boolean') return jitter ? 'full' : 'none';
  return jitter as Exclude<Given, boolean>;
}

export function checkJitter(problems: Problems, jitter: unknown): void {
  problems.check(
    FLAT_KINDS.includes(jitter) || jitter === 'decorrelated',
    'jitter',
    jitter,
    "must be 'none', 'full', 'equal', 'decorrelated', true or false",
  );
}

export function checkFlatJitter(problems: Problems, jitter: unknown): void {
  problems.check(
    FLAT_KINDS.includes(jitter),
    'jitter',
    jitter,
    "must be 'none', 'full', 'equal', true or false",
  );
}

/** A delay with `none`, `full` or `equal` jitter. See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. */
export function jittered(
  delay: number,
  kind: Exclude<JitterKind, 'decorrelated'>,
  random: Random,
): number {
  switch (kind) {
    case 'none':
      return delay;
    case 'full':
      return random() * delay;
    case 'equal':
      return delay / 2 + random() * (delay / 2);
  }
}

const SMOOTHING = 4;
/** Brings the medians near 1, 2, 4, ... times the first delay; without it they are 1.4, 2.8, 5.6, ... */
const SCALE = 1 / 1.4;
/** The draw that stands for one that is not known, such as that of a delay which a server asked for. */
const MIDDLE = 0.5;

/**
 * A delay with decorrelated jitter: DecorrelatedJitterBackoffV2 of Polly, by George Polevoy and Dylan Reisenberger
 * (https://github.com/App-vNext/Polly/blob/main/src/Polly.Core/Retry/RetryHelper.cs, discussed in App-vNext/Polly issue 530).
 *
 * With `c(t) = 2^t * tanh(sqrt(4 t))` and `t` the retry's number from 0 plus a draw, the delay is
 * `firstDelay / 1.4 * (c(t) - c(previous t))`: the part of the curve between two random places on it. Polly keeps
 * the last `c(t)` as state; here it is computed again from the previous draw, so that a restart goes on with the same delays.
 * @param attempt the attempt that just failed, from 1
 */
export function decorrelated(
  firstDelay: number,
  attempt: number,
  random: Random,
  previousDraw = MIDDLE,
): number {
  const place = curve(attempt - 1 + random());
  if (place === Number.POSITIVE_INFINITY) return firstDelay === 0 ? 0 : Number.MAX_VALUE;
  const previous = attempt <= 1 ? 0 : curve(attempt - 2 + previousDraw);
  return firstDelay * SCALE * (place - previous);
}

function curve(t: number): number {
  return 2 ** t * Math.tanh(Math.sqrt(SMOOTHING * t));
}
