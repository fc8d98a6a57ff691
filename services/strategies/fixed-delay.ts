import type { DelayContext, RecoveryStrategy } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';
import { checkFlatJitter, type FlatJitter, jittered, jitterKind } from './jitter.ts';

export interface FixedDelayOptions {
  /** Milliseconds before each retry. */
  readonly delay: number;
  /** @default 'none' */
  readonly jitter?: FlatJitter;
}

const OPTIONS = ['delay', 'jitter'];

/** The same delay before each retry, or what jitter makes of it. */
export class FixedDelayStrategy implements RecoveryStrategy {
  readonly name = 'fixed';
  readonly #delay: number;
  readonly #jitter: Exclude<FlatJitter, boolean>;

  /** @throws ConfigError for a delay that is not a finite number >= 0, an unknown jitter or option */
  constructor(options: FixedDelayOptions) {
    const problems = new Problems();
    const given: Partial<FixedDelayOptions> = options ?? {};
    checkKeys(problems, given, OPTIONS);
    const { jitter = 'none' } = given;
    problems.number('delay', given.delay, 0);
    checkFlatJitter(problems, jitter);
    problems.throwIfAny('FixedDelayStrategy');
    this.#delay = options.delay;
    this.#jitter = jitterKind(jitter);
  }

  /** Jitter only shortens it. */
  get maxDelay(): number {
    return this.#delay;
  }

  calculateDelay(_attempt?: number, context: DelayContext = {}): number {
    const delay = jittered(this.#delay, this.#jitter, context.random ?? Math.random);
    // Halves of the smallest numbers are rounded up.
    return Math.min(delay, this.#delay);
  }
}
