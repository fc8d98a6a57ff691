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

/** The row of an operation. */
export interface OperationRow extends Row<OperationWrite> {
  readonly id: string;
  /** Characters of the inputs and results in its write, about. */
  readonly weight: number;
}

/** What stands in one batch. */
export interface Pending {
  operations: OperationRow[];
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

/**
 * As much of it as one commit may hold: `most` characters of inputs and results, but always something. Breakers come first, since a permit that nobody has is
 * given back when its lease ends; each operation has its steps and transitions with it; and whoever waits for everything is told with the last of it.
 */
export function portionOf(all: Pending, most: number): { batch: Pending; rest: Pending } {
  if (weightOf(all) <= most) return { batch: all, rest: nothing() };
  const weights = new Map(all.operations.map(row => [row.id, row.weight]));
  const room = roomFor(most);
  const late = new Set<Pending['steps'][number]>();
  for (const step of all.steps) {
    const { operationId, result } = step.record;
    const known = weights.get(operationId);
    const weight = result?.length ?? 0;
    if (known !== undefined) weights.set(operationId, known + weight);
    else if (!room(weight)) late.add(step);
  }
  const lateRows = new Map<string, Row<unknown>>();
  for (const row of all.operations) if (!room(weights.get(row.id) ?? 0)) lateRows.set(row.id, row);
  if (late.size === 0 && lateRows.size === 0) return { batch: all, rest: nothing() };
  const rows = new Set(lateRows.values());
  const [steps, laterSteps] = parted(
    all.steps,
    step => late.has(step) || lateRows.has(step.record.operationId),
  );
  const [operations, laterOperations] = parted(all.operations, row => rows.has(row));
  const [forgottenSteps, laterForgotten] = parted(all.forgottenSteps, ({ of }) => rows.has(of));
  const [transitions, laterTransitions] = parted(all.transitions, ({ of }) => rows.has(of));
  return {
    batch: { ...all, steps, operations, forgottenSteps, transitions, waiters: [] },
    rest: {
      ...nothing(),
      steps: laterSteps,
      operations: laterOperations,
      forgottenSteps: laterForgotten,
      transitions: laterTransitions,
      waiters: all.waiters,
    },
  };
}

function weightOf({ operations, steps }: Pending): number {
  let weight = 0;
  for (const row of operations) weight += row.weight;
  for (const { record } of steps) weight += record.result?.length ?? 0;
  return weight;
}

/** Whether there is room for so many characters more. What is small enough gets in behind what is not, and the first always. */
function roomFor(most: number): (characters: number) => boolean {
  let taken = 0;
  let isFirst = true;
  return characters => {
    const fits = isFirst || taken + characters <= most;
    if (fits) taken += characters;
    isFirst = false;
    return fits;
  };
}

/** Those that come now, and those that come later. */
function parted<T>(all: readonly T[], isLater: (item: T) => boolean): [T[], T[]] {
  return [all.filter(item => !isLater(item)), all.filter(isLater)];
}

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
export function again<R extends Row<unknown>>(failed: readonly R[], later: readonly R[]): R[] {
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
