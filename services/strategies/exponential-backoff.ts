import type { DelayContext, RecoveryStrategy } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';
import {
  checkJitter,
  decorrelated,
  type Jitter,
  type JitterKind,
  jittered,
  jitterKind,
} from './jitter.ts';

export interface ExponentialBackoffOptions {
  /** Milliseconds before the first retry. @default 1000 */
  readonly initialDelay?: number;
  /** What each delay is multiplied by for the next one; a number >= 1. @default 2 */
  readonly backoffFactor?: number;
  /** Milliseconds that no delay exceeds; applied after jitter. @default 60000 */
  readonly maxDelay?: number;
  /** @default 'none' */
  readonly jitter?: Jitter;
}

const OPTIONS = ['initialDelay', 'backoffFactor', 'maxDelay', 'jitter'];

/** Delays that grow by a factor: `initialDelay * backoffFactor ^ (attempt - 1)`. */
export class ExponentialBackoffStrategy implements RecoveryStrategy {
  readonly name = 'exponential';
  readonly maxDelay: number;
  readonly #initialDelay: number;
  readonly #backoffFactor: number;
  readonly #jitter: JitterKind;

  /**
   * @throws ConfigError for numbers out of range, a `maxDelay` below `initialDelay`, an unknown jitter or option, and for
   *   `decorrelated` jitter, whose formula has the factor 2 built in, with another `backoffFactor`
   */
  constructor(options: ExponentialBackoffOptions = {}) {
    const { initialDelay = 1_000, backoffFactor = 2, maxDelay = 60_000, jitter = 'none' } = options;
    const problems = new Problems();
    checkKeys(problems, options, OPTIONS);
    problems.number('initialDelay', initialDelay, 0);
    problems.number('backoffFactor', backoffFactor, 1);
    if (problems.number('maxDelay', maxDelay, 0)) {
      problems.check(
        !(maxDelay < initialDelay),
        'maxDelay',
        maxDelay,
        `must be >= initialDelay (${initialDelay})`,
      );
    }
    checkJitter(problems, jitter);
    problems.check(
      jitter !== 'decorrelated' || backoffFactor === 2,
      'backoffFactor',
      backoffFactor,
      "must be 2 with jitter 'decorrelated'",
    );
    problems.throwIfAny('ExponentialBackoffStrategy');
    this.#initialDelay = initialDelay;
    this.#backoffFactor = backoffFactor;
    this.maxDelay = maxDelay;
    this.#jitter = jitterKind(jitter);
  }

  calculateDelay(attempt: number, context: DelayContext = {}): number {
    const random = context.random ?? Math.random;
    const number = Math.max(1, attempt);
    const delay =
      this.#jitter === 'decorrelated'
        ? decorrelated(this.#initialDelay, number, random, context.previousDraw)
        : jittered(this.#grown(number), this.#jitter, random);
    return Math.min(delay, this.maxDelay);
  }

  /** Stays finite, so that a draw of 0 times it is 0. */
  #grown(attempt: number): number {
    const factor = Math.min(this.#backoffFactor ** (attempt - 1), Number.MAX_VALUE);
    return Math.min(this.#initialDelay * factor, Number.MAX_VALUE);
  }
}
