import type { Clock, Explanation } from '../ports.ts';
import type { Definition, Laboratory } from '../runtime/definition.ts';
import type { Policy } from '../runtime/policy.ts';
import { explain } from './explain.ts';

export interface PolicyLabOptions {
  readonly clock: Clock;
  readonly policyOf: (definition: Definition) => Policy;
}

/** What can be known of a policy without running anything under it. */
export class PolicyLab implements Laboratory {
  readonly #options: PolicyLabOptions;

  constructor(options: PolicyLabOptions) {
    this.#options = options;
  }

  explain(definition: Definition, error: unknown, attempt: number): Explanation {
    const { clock, policyOf } = this.#options;
    return explain(policyOf(definition), error, attempt, clock.now());
  }
}
