import { type ConfigOptions, type RecoveryConfig, updateConfig } from '../config.ts';
import type { OperationOptions } from '../ports.ts';
import type { Definition } from './definition.ts';
import { type Policy, type PolicyDefaults, resolvePolicy } from './policy.ts';

/** The configuration as it is now, and the policies that definitions have by it. */
export class Policies {
  #config: RecoveryConfig;
  readonly #defaults: PolicyDefaults;

  constructor(config: RecoveryConfig, defaults: PolicyDefaults) {
    this.#config = config;
    this.#defaults = defaults;
  }

  get config(): RecoveryConfig {
    return this.#config;
  }

  /** @throws ConfigError that names every problem; nothing is changed then */
  update(partial: ConfigOptions): void {
    this.#config = updateConfig(this.#config, partial);
  }

  /** Made anew after a change of the configuration. */
  of(definition: Definition): Policy {
    if (definition.policy?.configVersion !== this.#config.version) {
      definition.policy = this.resolve(definition.name, definition.options);
    }
    return definition.policy as Policy;
  }

  /** What a definition with such options would have. */
  resolve(name: string, options: OperationOptions): Policy {
    return resolvePolicy(name, options, this.#config, this.#defaults);
  }
}
