import type { DelayContext, RecoveryStrategy } from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';

export interface CustomStrategyOptions {
  /**
   * Milliseconds to wait, finite and >= 0, after the given attempt (from 1) has failed. Take chance from `context.random`, so that
   * it can be simulated. What it returns is checked when it is used, as `checkedDelay` says.
   */
  readonly delayFunc: (attempt: number, context: DelayContext) => number;
  /** Stands in the reason of each retry; not empty. @default 'custom' */
  readonly name?: string;
}

const OPTIONS = ['delayFunc', 'name'];

/** Delays by a function of yours. */
export class CustomStrategy implements RecoveryStrategy {
  readonly name: string;
  readonly #delayFunc: CustomStrategyOptions['delayFunc'];

  /** @throws ConfigError when `delayFunc` is no function, the name is empty, or an option is unknown */
  constructor(options: CustomStrategyOptions) {
    const problems = new Problems();
    const given: Partial<CustomStrategyOptions> = options ?? {};
    const { delayFunc, name = 'custom' } = given;
    checkKeys(problems, given, OPTIONS);
    problems.check(typeof delayFunc === 'function', 'delayFunc', delayFunc, 'must be a function');
    problems.check(
      typeof name === 'string' && name.trim() !== '',
      'name',
      name,
      'must be a string that is not empty',
    );
    problems.throwIfAny('CustomStrategy');
    this.name = name;
    this.#delayFunc = options.delayFunc;
  }

  calculateDelay(attempt: number, context: DelayContext = {}): number {
    return this.#delayFunc(attempt, { random: Math.random, ...context });
  }
}
