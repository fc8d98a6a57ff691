/** What waits for the next commit, and what a commit makes of it. */
import type {
  BreakerRecord,
  CommitBatch,
  ForgottenStep,
  OperationWrite,
  StepRecord,
  TransitionWrite,
} from '../ports.ts';

/** Something that goes on when everything recorded so far is durable. */
export interface Waiter {
  committed(): void;
  /**
   * The commit failed. `keep`: ask again after the next try; `drop`: it has been told its caller.
   */
  refused(error: unknown): 'keep' | 'drop';
}

/** A row that is written as it is at the moment of the commit. */
export interface Row<Write> {
  /** Set while it stands in the next batch; only the log touches it. */
  queued: boolean;
  /** Nothing of it shall be written any more. */
  readonly dropped: boolean;
  write(): Write;
  /** That write is durable. */
  written(): void;
}

/** What stands in one batch. */
export interface Pending {
  operations: Row<OperationWrite>[];
  breakers: Row<BreakerRecord>[];
  forgottenBreakers: string[];
  steps: {
    readonly record: StepRecord;
    readonly waiter: Waiter;
    readonly written?: (() => void) | undefined;
  }[];
  forgottenSteps: { readonly of: Row<unknown>; readonly step: ForgottenStep }[];
  transitions: { readonly of: Row<unknown>; readonly write: TransitionWrite }[];
  waiters: Waiter[];
}

export const nothing = (): Pending => ({
  operations: [],
  breakers: [],
  forgottenBreakers: [],
  steps: [],
  forgottenSteps: [],
  transitions: [],
  waiters: [],
});

export function toWrite(batch: Pending): CommitBatch {
  return {
    operations: batch.operations.map(row => {
      row.queued = false;
      return row.write();
    }),
    breakers: batch.breakers.map(row => {
      row.queued = false;
      return row.write();
    }),
    ...(batch.forgottenBreakers.length === 0 ? {} : { forgottenBreakers: batch.forgottenBreakers }),
    steps: batch.steps.map(step => step.record),
    ...(batch.forgottenSteps.length === 0
      ? {}
      : { forgottenSteps: batch.forgottenSteps.map(({ step }) => step) }),
    transitions: batch.transitions.map(transition => transition.write),
  };
}

/** The rows of a failed batch, with what came since, each once. */
export function again<Write>(failed: Row<Write>[], later: Row<Write>[]): Row<Write>[] {
  const rows = new Set([...failed, ...later].filter(row => !row.dropped));
  for (const row of rows) row.queued = true;
  return [...rows];
}

export const isEmpty = (pending: Pending): boolean =>
  pending.operations.length === 0 &&
  pending.breakers.length === 0 &&
  pending.forgottenBreakers.length === 0 &&
  pending.steps.length === 0 &&
  pending.forgottenSteps.length === 0 &&
  pending.transitions.length === 0 &&
  pending.waiters.length === 0;
