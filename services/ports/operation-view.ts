import type { RecoveryState } from '../../machines/vocabulary.ts';

/** An operation without what it is about: inputs, outputs, metadata, and errors but for a line. */
export interface OperationSummaryView {
  readonly id: string;
  readonly name: string;
  readonly state: RecoveryState;
  /** The active leaf of its chart, such as `recovering.backoff`; the state alone where the stored snapshot cannot be read. */
  readonly path: string;
  readonly attempt: number;
  /** First line of its error's message, at most 200 characters; `null` where there is none. */
  readonly errorMessage: string | null;
  readonly breakerKey: string;
  /** The operation whose child it is; `null` for one that is nobody's. */
  readonly parentId: string | null;
  readonly dueAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An operation as data. */
export interface OperationView extends OperationSummaryView {
  readonly input: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly metadata?: unknown;
}
