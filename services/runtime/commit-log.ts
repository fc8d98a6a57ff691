/**
 * Group commit: one commit is under way, and what arrives meanwhile goes into the next. The latest snapshot of an operation wins,
 * every transition is kept in order. Whoever must not go on before a write is durable hands in a waiter.
 */
import { PersistenceError, RecoveryClosedError } from '../errors.ts';
import type {
  BreakerRecord,
  Clock,
  CommitBatch,
  ForgottenStep,
  Logger,
  StatePersistence,
  StepRecord,
  TransitionWrite,
} from '../ports.ts';
import {
  again,
  isEmpty,
  nothing,
  type OperationRow,
  type Pending,
  portionOf,
  type Row,
  toWrite,
  type Waiter,
} from './commit-batch.ts';
import { runApart, runOutside } from './current-operation.ts';
import type { Observers } from './observers.ts';

export type { Row, Waiter } from './commit-batch.ts';

export interface CommitLogOptions {
  readonly persistence: Pick<StatePersistence, 'commit'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the transitions of each durable commit, before the waiters. */
  readonly publish: (transitions: readonly TransitionWrite[], positions: readonly number[]) => void;
  readonly observers: Pick<Observers, 'measure' | 'committed' | 'commitFailed'>;
}

/**
 * Waiters that go on in one turn of the event loop. What the first of a commit's waiters do is on its way to the store while the next go on, so that
 * main thread and disk work side by side instead of taking turns, and no turn is long.
 */
const SLICE = 32;
/** Characters of inputs and results in one commit: a store may have to make one text of it, and V8 has none of more than 2^29. */
const MOST = 64 * 1024 * 1024;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export class CommitLog {
  readonly #options: CommitLogOptions;
  #next: Pending = nothing();
  #busy = false;
  #scheduled = false;
  #telling = false;
  #failures = 0;
  #retryTimer: unknown;
  #stopped = false;
  #idle: (() => void)[] = [];
  /** Why the last commit failed; undefined while all is well. */
  problem: PersistenceError | undefined;
  commits = 0;
  /** Of the last transition that became durable here; undefined while none has. */
  position: number | undefined;

  constructor(options: CommitLogOptions) {
    this.#options = options;
  }

  touch(row: OperationRow): void {
    if (row.queued) return;
    row.queued = true;
    this.#next.operations.push(row);
    this.#schedule();
  }

  touchBreaker(row: Row<BreakerRecord>): void {
    if (row.queued) return;
    row.queued = true;
    this.#next.breakers.push(row);
    this.#schedule();
  }

  /** Removes a breaker's row and transitions. Whoever forgets it has dropped its row before. */
  forgetBreaker(key: string): void {
    this.#next.forgottenBreakers.push(key);
    this.#schedule();
  }

  record(of: Row<unknown>, write: TransitionWrite): void {
    this.#next.transitions.push({ of, write });
  }

  /**
   * Resolves when the step is durable; when the commit fails it is not written at all.
   * @param written called when it is durable, before anybody is told of anything in its commit
   */
  step(record: StepRecord, written?: () => void): Promise<void> {
    return this.#promise(waiter => this.#next.steps.push({ record, waiter, written }));
  }

  /** Forgets a step together with the write of a row. */
  forgetStep(of: Row<unknown>, step: ForgottenStep): void {
    this.#next.forgottenSteps.push({ of, step });
  }

  /** Resolves when everything recorded up to now is durable. */
  durable(): Promise<void> {
    return this.#promise(waiter => this.#next.waiters.push(waiter));
  }

  #promise(enter: (waiter: Waiter) => void): Promise<void> {
    if (this.#stopped) return Promise.reject(new RecoveryClosedError());
    return new Promise((committed, reject) => {
      const refused = (error: unknown) => {
        reject(error);
        return 'drop' as const;
      };
      enter({ committed, refused });
      this.#schedule();
    });
  }

  /** Writes a row that no live operation writes again; resolves when it is durable. When the commit fails it is not written at all. */
  once(row: OperationRow & { dropped: boolean }): Promise<void> {
    this.touch(row);
    return new Promise((committed, reject) => {
      this.after({
        committed,
        refused(error) {
          row.dropped = true;
          reject(error);
          return 'drop';
        },
      });
    });
  }

  /** Calls the waiter when everything recorded up to now is durable. */
  after(waiter: Waiter): void {
    if (this.#stopped) {
      waiter.refused(new RecoveryClosedError());
      return;
    }
    this.#next.waiters.push(waiter);
    this.#schedule();
  }

  /** Resolves when nothing is left to write, or the store refuses. */
  settled(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise(resolve => this.#idle.push(resolve));
  }

  /** Ends the retries of a failing store; whoever still waits for it is told. */
  stop(): void {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#retryTimer);
    const { steps, waiters } = this.#next;
    this.#next = nothing();
    const closed = new RecoveryClosedError();
    for (const waiter of [...steps.map(step => step.waiter), ...waiters]) waiter.refused(closed);
  }

  #schedule(): void {
    if (this.#scheduled || this.#busy || this.#failures > 0) return;
    this.#scheduled = true;
    // The check phase comes after all promise continuations, so that a cohort of operations shares one commit.
    runOutside(() => setImmediate(this.#flush));
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#busy) return;
    if (isEmpty(this.#next) && this.#failures === 0) {
      this.#tellIdle();
      return;
    }
    const { batch, rest } = portionOf(this.#next, MOST);
    this.#next = rest;
    this.#busy = true;
    try {
      const write = toWrite(batch);
      const begunAt = this.#options.observers.measure();
      // The store alone is apart; what goes on afterwards is not its work.
      runApart(() => this.#options.persistence.commit(write)).then(
        receipt => this.#done(batch, write, receipt.positions, begunAt),
        (error: unknown) => this.#failed(batch, error),
      );
    } catch (error) {
      // Somebody else's store may throw instead of rejecting.
      this.#failed(batch, error);
    }
  };

  #done(
    batch: Pending,
    write: CommitBatch,
    positions: readonly number[],
    begunAt: number | undefined,
  ): void {
    this.#busy = false;
    this.commits++;
    this.position = positions.at(-1) ?? this.position;
    if (this.#failures > 0) {
      this.#failures = 0;
      this.problem = undefined;
      this.#options.logger.info({}, 'the store takes commits again');
    }
    for (const row of batch.operations) row.written();
    for (const row of batch.breakers) row.written();
    for (const step of batch.steps) step.written?.();
    this.#options.publish(write.transitions, positions);
    this.#options.observers.committed(write, positions, begunAt);
    this.#tell([...batch.steps.map(step => step.waiter), ...batch.waiters]);
  }

  #tell(waiters: readonly Waiter[]): void {
    for (const waiter of waiters.slice(0, SLICE)) waiter.committed();
    // First the commit of what these go on to do, then the next of them.
    this.#telling = waiters.length > SLICE;
    this.#schedule();
    if (this.#telling) runOutside(() => setImmediate(() => this.#tell(waiters.slice(SLICE))));
    else this.#tellIdle();
  }

  #failed(batch: Pending, thrown: unknown): void {
    const error = asPersistenceError(thrown);
    this.#busy = false;
    this.problem = error;
    this.#failures++;
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    this.#options.logger.error({ err: error, retryIn: delay }, 'a commit failed');
    this.#options.observers.commitFailed(error);

    const later = this.#next;
    const waiters = [...batch.waiters, ...later.waiters];
    const steps = [...batch.steps, ...later.steps];
    this.#next = later;
    later.waiters = [];
    later.steps = [];
    // Callers first: one that gives up may drop its operation from what is written again.
    const kept = waiters.filter(waiter => waiter.refused(error) === 'keep');
    const keptSteps = steps.filter(({ waiter }) => waiter.refused(error) === 'keep');
    later.waiters = [...kept, ...later.waiters];
    later.steps = [...keptSteps, ...later.steps];
    later.forgottenSteps = [...batch.forgottenSteps, ...later.forgottenSteps].filter(
      ({ of }) => !of.dropped,
    );
    later.operations = again(batch.operations, later.operations);
    later.breakers = again(batch.breakers, later.breakers);
    // Older first: what came later for the same key is written after both.
    later.forgottenBreakers = [...batch.forgottenBreakers, ...later.forgottenBreakers];
    later.transitions = [...batch.transitions, ...later.transitions].filter(
      ({ of }) => !of.dropped,
    );

    if (!this.#stopped) {
      this.#retryTimer = this.#options.clock.setTimeout(() => {
        if (!this.#busy && !this.#stopped) this.#flush();
      }, delay);
    }
    this.#tellIdle();
  }

  #isIdle(): boolean {
    return !this.#busy && !this.#scheduled && !this.#telling;
  }

  #tellIdle(): void {
    if (!this.#isIdle()) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** A store may be somebody else's, and its errors too. */
function asPersistenceError(thrown: unknown): PersistenceError {
  if (thrown instanceof PersistenceError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new PersistenceError(`the store failed: ${message}`, { cause: thrown });
}
