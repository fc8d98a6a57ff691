import type { Clock, Explanation, Logger, Preview, PreviewOptions } from '../ports.ts';
import type { Definition, Laboratory } from '../runtime/definition.ts';
import type { Policy } from '../runtime/policy.ts';
import { explain } from './explain.ts';
import { preview } from './preview.ts';
import { previewScript } from './preview-options.ts';

export interface PolicyLabOptions {
  readonly clock: Clock;
  readonly logger: Logger;
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

  preview(definition: Definition, options: PreviewOptions): Preview {
    const { clock, logger, policyOf } = this.#options;
    const script = previewScript(options);
    const { name } = definition;
    return preview({ name, policy: policyOf(definition), script, now: clock.now(), logger });
  }
}
