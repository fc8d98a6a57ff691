import type {
  BreakerRecord,
  CommitBatch,
  ForgottenStep,
  OperationWrite,
  PruneQuery,
  StepRecord,
  TransitionWrite,
} from '../../services/ports.ts';
import type { RedoFrame } from './redo-format.ts';

export interface CoalescedOperation {
  readonly write: OperationWrite;
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
  readonly transitions: readonly (readonly [position: number, write: TransitionWrite])[];
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
    const batch = JSON.parse(payload) as CommitBatch;
    const { forgottenSteps = [], forgottenBreakers = [] } = batch;
    if (forgottenSteps.length > 0 || forgottenBreakers.length > 0) {
      // What it forgets may have been written just before, so it begins a write of its own.
      yield draft;
      draft = { ...emptyDraft(), forgottenSteps, forgottenBreakers };
    }
    for (const write of batch.operations) {
      const before = draft.operations.get(write.id);
      draft.operations.set(
        write.id,
        before
          ? { write: merge(before.write, write), firstAt: before.firstAt }
          : { write, firstAt: write.updatedAt },
      );
    }
    for (const step of batch.steps) draft.steps.push(step);
    for (const [index, write] of batch.transitions.entries()) {
      draft.transitions.push([position + index, write]);
    }
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
    transitions: [] as (readonly [number, TransitionWrite])[],
    breakers: new Map<string, BreakerRecord>(),
  };
}

/** The later write; what it leaves out because it never changes comes from the earlier. */
function merge(before: OperationWrite, write: OperationWrite): OperationWrite {
  const { args = before.args, metadata = before.metadata, createdAt = before.createdAt } = write;
  return {
    ...write,
    ...(args === undefined ? {} : { args }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}
