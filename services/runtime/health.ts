import type { RecoveryHealth, StatePersistence } from '../ports.ts';
import type { Admission } from './admission.ts';
import type { Breakers } from './breakers.ts';
import type { CommitLog } from './commit-log.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Locks } from './locks.ts';
import type { Operations } from './operations.ts';
import type { Rehydration } from './rehydration.ts';
import type { Resumption } from './resumption.ts';

/** Everybody who knows something of how a recovery is. */
export interface HealthParts {
  readonly persistence: StatePersistence;
  readonly log: CommitLog;
  readonly lifecycle: Lifecycle;
  readonly operations: Operations;
  readonly rehydration: Rehydration;
  readonly resumption: Resumption;
  readonly admission: Admission;
  readonly locks: Locks;
  readonly breakers: Breakers;
}

export function healthOf(parts: HealthParts): RecoveryHealth {
  const store = parts.persistence.health();
  const { problem } = parts.log;
  const persistence =
    problem === undefined ? store : { ...store, healthy: false, problem: problem.message };
  return {
    healthy: persistence.healthy && !parts.lifecycle.closing,
    persistence,
    active: parts.operations.size,
    quarantined: [...parts.rehydration.quarantined.values()],
    undefinedOperations: parts.resumption.undefinedOperations,
    slots: parts.admission.health(),
    locks: parts.locks.health(),
    breakers: parts.breakers.mostTroubled(),
  };
}
