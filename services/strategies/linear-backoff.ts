import type { RecoveryStrategy } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';

export interface LinearBackoffOptions {
  /** Milliseconds before the first retry. @default 1000 */
  readonly initialDelay?: number;
  /** Milliseconds that each delay is longer than the one before. @default 1000 */
  readonly increment?: number;
  /** Milliseconds that no delay exceeds. @default 60000 */
  readonly maxDelay?: number;
}

const OPTIONS = ['initialDelay', 'increment', 'maxDelay'];

/** Delays that grow by a fixed amount: `initialDelay + increment * (attempt - 1)`. */
export class LinearBackoffStrategy implements RecoveryStrategy {
  readonly name = 'linear';
  readonly #initialDelay: number;
  readonly #increment: number;
  readonly #maxDelay: number;

  /** @throws ConfigError for numbers out of range, a `maxDelay` below `initialDelay`, and unknown options */
  constructor(options: LinearBackoffOptions = {}) {
    const { initialDelay = 1_000, increment = 1_000, maxDelay = 60_000 } = options;
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
    problems.throwIfAny('LinearBackoffStrategy');
    this.#initialDelay = initialDelay;
    this.#increment = increment;
    this.#maxDelay = maxDelay;
  }

  calculateDelay(attempt: number): number {
    const delay = this.#initialDelay + this.#increment * (Math.max(1, attempt) - 1);
    return Math.min(delay, this.#maxDelay);
  }
}
