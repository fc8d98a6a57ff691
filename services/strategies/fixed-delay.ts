import type { RecoveryStrategy } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';

export interface FixedDelayOptions {
  /** Milliseconds before each retry. */
  readonly delay: number;
}

const OPTIONS = ['delay'];

/** The same delay before each retry. */
export class FixedDelayStrategy implements RecoveryStrategy {
  readonly name = 'fixed';
  readonly #delay: number;

  /** @throws ConfigError for a delay that is not a finite number >= 0, and for unknown options */
  constructor(options: FixedDelayOptions) {
    const problems = new Problems();
    const given: Partial<FixedDelayOptions> = options ?? {};
    checkKeys(problems, given, OPTIONS);
    problems.number('delay', given.delay, 0);
    problems.throwIfAny('FixedDelayStrategy');
    this.#delay = options.delay;
  }

  calculateDelay(_attempt?: number): number {
    return this.#delay;
  }
}
