import type { DelayContext, RecoveryStrategy } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';
import { checkFlatJitter, type FlatJitter, jittered, jitterKind } from './jitter.ts';

export interface LinearBackoffOptions {
  /** Milliseconds before the first retry. @default 1000 */
  readonly initialDelay?: number;
  /** Milliseconds that each delay is longer than the one before. @default 1000 */
  readonly increment?: number;
  /** Milliseconds that no delay exceeds; applied after jitter. @default 60000 */
  readonly maxDelay?: number;
  /** @default 'none' */
  readonly jitter?: FlatJitter;
}

const OPTIONS = ['initialDelay', 'increment', 'maxDelay', 'jitter'];

/** Delays that grow by a fixed amount: `initialDelay + increment * (attempt - 1)`. */
export class LinearBackoffStrategy implements RecoveryStrategy {
  readonly name = 'linear';
  readonly maxDelay: number;
  readonly #initialDelay: number;
  readonly #increment: number;
  readonly #jitter: Exclude<FlatJitter, boolean>;

  /** @throws ConfigError for numbers out of range, a `maxDelay` below `initialDelay`, an unknown jitter or option */
  constructor(options: LinearBackoffOptions = {}) {
    const { initialDelay = 1_000, increment = 1_000, maxDelay = 60_000, jitter = 'none' } = options;
    const problems = new Problems();
    checkKeys(problems, options, OPTIONS);
    problems.number('initialDelay', initialDelay, 0);
    problems.number('increment', increment, 0);
    if (problems.number('maxDelay', maxDelay, 0)) {
      problems.check(
        !(maxDelay < initialDelay),
        'maxDelay',
        maxDelay,
        `must be >= initialDelay (${initialDelay})`,
      );
    }
    checkFlatJitter(problems, jitter);
    problems.throwIfAny('LinearBackoffStrategy');
    this.#initialDelay = initialDelay;
    this.#increment = increment;
    this.maxDelay = maxDelay;
    this.#jitter = jitterKind(jitter);
  }

  calculateDelay(attempt: number, context: DelayContext = {}): number {
    const grown = this.#initialDelay + this.#increment * (Math.max(1, attempt) - 1);
    // Stays finite, so that a draw of 0 times it is 0.
    const delay = Math.min(grown, Number.MAX_VALUE);
    return Math.min(jittered(delay, this.#jitter, context.random ?? Math.random), this.maxDelay);
  }
}
