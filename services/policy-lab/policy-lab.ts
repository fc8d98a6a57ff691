import type {
  Clock,
  Explanation,
  Logger,
  OperationOptions,
  Preview,
  PreviewOptions,
  ShadowReport,
} from '../ports.ts';
import type { Definition, Laboratory } from '../runtime/definition.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';
import type { Policy } from '../runtime/policy.ts';
import type { Shadower } from '../runtime/watcher.ts';
import { explain } from './explain.ts';
import { preview } from './preview.ts';
import { previewScript } from './preview-options.ts';
import { Shadow, shadowedOptions } from './shadow.ts';

export interface PolicyLabOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly policyOf: (definition: Definition) => Policy;
  /** A policy of other options, under the configuration as it is. */
  readonly resolve: (name: string, options: OperationOptions) => Policy;
}

/** What can be known of a policy without running anything under it. */
export class PolicyLab implements Laboratory {
  readonly #options: PolicyLabOptions;
  readonly #shadows: Shadower[] = [];

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

  shadower(definition: Definition): Shadower | undefined {
    const { name, options } = definition;
    const { shadow } = options;
    if (shadow === undefined) return undefined;
    const { policyOf, resolve } = this.#options;
    const shadowed = shadowedOptions(options, shadow);
    let policy: Policy | undefined;
    const current = () => {
      const version = policyOf(definition).configVersion;
      if (policy?.configVersion !== version) policy = resolve(name, shadowed);
      return policy;
    };
    const shadower = new Shadow({ ...this.#options, name, policy: current });
    this.#shadows.push(shadower);
    return shadower;
  }

  reports(): ShadowReport[] {
    return this.#shadows.map(shadow => shadow.report());
  }

  stop(): void {
    for (const shadow of this.#shadows) shadow.stop();
  }
}
