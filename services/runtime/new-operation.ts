import type { Clock, Random } from '../ports.ts';
import type { Admission } from './admission.ts';
import type { Attempts } from './attempts.ts';
import type { Breakers } from './breakers.ts';
import type { CommitLog } from './commit-log.ts';
import type { Definition } from './definition.ts';
import type { Family } from './family.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Locks } from './locks.ts';
import type { Metrics } from './metrics.ts';
import type { Observers } from './observers.ts';
import type { Policy } from './policy.ts';
import type { Turns } from './turns.ts';

export interface OperationsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly lifecycle: Lifecycle;
  readonly log: CommitLog;
  readonly attempts: Attempts;
  readonly breakers: Breakers;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly observers: Pick<Observers, 'none' | 'operationBegan' | 'ended' | 'left'>;
  readonly turns: Turns;
  readonly policyOf: (definition: Definition) => Policy;
  readonly family: Family;
  readonly locks: Locks;
}

/** What a new operation is made of. */
export interface NewOperation {
  readonly id: string;
  readonly input: unknown;
  /** The input as JSON text. */
  readonly args: string | null;
  readonly metadata: unknown;
  /** The same with its secrets, where it has any. */
  readonly whole?: string | null;
  /** By when it must have ended, whatever its policy says (epoch ms). */
  readonly bound: number | undefined;
  /** The operation whose child it is; `refuse` throws where that may begin nothing any more. */
  readonly parent?: {
    readonly id: string;
    refuse(): void;
    /** Throws for text that would tell a secret of the parent. */
    refuseSecrets(json: string | null): void;
  };
}
