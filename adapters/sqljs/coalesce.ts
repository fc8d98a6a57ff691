import type { BreakerRecord, ForgottenStep, PruneQuery, StepRecord } from '../../services/ports.ts';
import { decodeBatch } from './batch.ts';
import type { RedoFrame } from './redo-format.ts';
import type { Lasting, OperationRow, TransitionRow } from './rows.ts';

export interface CoalescedOperation {
  /** The last write. */
  row: OperationRow;
  /** What the joined writes gave of it. */
  lasting: Lasting | undefined;
  /** `updatedAt` of the first of the joined writes: the creation time of a new row that was given none. */
  readonly firstAt: number;
}

/** Several commits as one write: the last word on each operation and breaker, and every step and transition. */
export interface CoalescedWrite {
  readonly operations: ReadonlyMap<string, CoalescedOperation>;
  /** Removed before `steps` are written. */
  readonly forgottenSteps: readonly ForgottenStep[];
  /** Removed, with their transitions, before `transitions` and `breakers` are written. */
  readonly forgottenBreakers: readonly string[];
  readonly steps: readonly StepRecord[];
  readonly transitions: readonly (readonly [position: number, row: TransitionRow])[];
  readonly breakers: ReadonlyMap<string, BreakerRecord>;
}

/** A prune sees everything before it and nothing after, so it parts the commits on its two sides. */
export interface PruneFrame {
  readonly sequence: number;
  readonly prune: PruneQuery;
}

/** Joins the commits of a run of frames. */
export function* coalesce(frames: readonly RedoFrame[]): Generator<CoalescedWrite | PruneFrame> {
  let draft = emptyDraft();
  for (const { kind, sequence, position, payload } of frames) {
    if (kind === 'prune') {
      yield draft;
      draft = emptyDraft();
      yield { sequence, prune: JSON.parse(payload) as PruneQuery };
      continue;
    }
    const batch = decodeBatch(payload);
    const { forgottenSteps = [], forgottenBreakers = [] } = batch;
    if (forgottenSteps.length > 0 || forgottenBreakers.length > 0) {
      // What it forgets may have been written just before, so it begins a write of its own.
      yield draft;
      draft = { ...emptyDraft(), forgottenSteps, forgottenBreakers };
    }
    for (const row of batch.operations) {
      const [id] = row;
      const updatedAt = row[13];
      const lasting = row[14];
      const before = draft.operations.get(id);
      if (before === undefined) draft.operations.set(id, { row, lasting, firstAt: updatedAt });
      else {
        before.row = row;
        if (lasting !== undefined) before.lasting = { ...before.lasting, ...lasting };
      }
    }
    for (const step of batch.steps) draft.steps.push(step);
    let next = position;
    for (const row of batch.transitions) draft.transitions.push([next++, row]);
    for (const breaker of batch.breakers) draft.breakers.set(breaker.key, breaker);
  }
  yield draft;
}

function emptyDraft() {
  return {
    operations: new Map<string, CoalescedOperation>(),
    forgottenSteps: [] as readonly ForgottenStep[],
    forgottenBreakers: [] as readonly string[],
    steps: [] as StepRecord[],
    transitions: [] as (readonly [number, TransitionRow])[],
    breakers: new Map<string, BreakerRecord>(),
  };
}
