import { createRecovery } from './create-recovery.ts';
import { ConfigError } from './services/errors.ts';
import {
  type Recoverable,
  type RecoverableDefinition,
  type RecoverableOptions,
  recoverableOf,
} from './services/recoverable.ts';
import type { DurableRecovery } from './services/recovery.ts';

let current: Promise<DurableRecovery> | undefined;
const definitions = new Map<string, RecoverableDefinition>();

/**
 * The recovery of this process: made on first use, in memory, or on sql.js where `RECOVERY_PERSISTENCE_PATH` says so. It has a
 * definition for everything that was wrapped by the top-level `recoverable`.
 * @throws ConfigError, PersistenceError as `createRecovery`; the next call tries again
 */
export function defaultRecovery(): Promise<DurableRecovery> {
  if (current === undefined) {
    const made = createRecovery().then(equip);
    made.catch(() => {
      if (current === made) current = undefined;
    });
    current = made;
  }
  return current;
}

/** Replaces the recovery of this process, for what is called from now on; `undefined` makes a new one on next use. The old one is not closed. */
export function setDefaultRecovery(recovery: DurableRecovery | undefined): void {
  current = recovery === undefined ? undefined : Promise.resolve(equip(recovery));
}

/** As `recovery.recoverable`, on the default recovery. */
export function recoverable(options: RecoverableOptions = {}): Recoverable {
  return recoverableOf(options, defaultRecovery, register);
}

function register(definition: RecoverableDefinition): void {
  const { name } = definition;
  if (definitions.has(name)) {
    throw new ConfigError(
      `recoverable "${name}" is defined already; give one of them another name: recoverable({ name: "..." })`,
      { details: { name } },
    );
  }
  definitions.set(name, definition);
  // A default recovery that exists learns of it at once, so that resume() finds it.
  current
    ?.then(recovery => definition.define(recovery))
    .catch(() => {
      // A recovery that cannot be made, or has that name already: the first call says so.
    });
}

function equip(recovery: DurableRecovery): DurableRecovery {
  for (const definition of definitions.values()) definition.define(recovery);
  return recovery;
}
