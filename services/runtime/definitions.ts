import { validatePolicy } from '../config.ts';
import { ConfigError } from '../errors.ts';
import type { OperationOptions } from '../ports.ts';
import { Definition, type Laboratory, type Starter } from './definition.ts';

/** The definitions of a recovery, by name. */
export class Definitions {
  readonly byName = new Map<string, Definition>();

  /** @throws ConfigError for an empty or used name, or options out of range */
  define(
    name: string,
    fn: Definition['fn'],
    options: OperationOptions,
    starter: Starter,
    lab: Laboratory,
  ): Definition {
    validatePolicy(name, options);
    if (this.byName.has(name)) {
      throw new ConfigError(
        `operation "${name}" is defined already; give this one another name, since stored operations find their function by it`,
        { details: { name } },
      );
    }
    const definition = new Definition(name, fn, options, starter, lab);
    this.byName.set(name, definition);
    return definition;
  }
}
