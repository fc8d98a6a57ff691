import type { RecoveryState } from '../../machines/vocabulary.ts';

/** An operation as data. */
export interface OperationView {
  readonly id: string;
  readonly name: string;
  readonly state: RecoveryState;
  readonly attempt: number;
  readonly input: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly metadata?: unknown;
  readonly breakerKey: string;
  readonly dueAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}
