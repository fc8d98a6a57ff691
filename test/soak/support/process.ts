import { seededRandom } from '../../../adapters/testing/index.ts';
import { createRecovery } from '../../../create-recovery.ts';
import type { ConfigOptions } from '../../../services/config.ts';
import type {
  CommitBatch,
  Logger,
  OperationDefinition,
  StatePersistence,
  Transition,
} from '../../../services/ports.ts';
import type { DurableRecovery } from '../../../services/recovery.ts';
import { ExponentialBackoffStrategy } from '../../../services/strategies/index.ts';
import type { Calls } from './calls.ts';
import { concurrencyOf, define } from './catalogue.ts';
import type { Plan } from './plans.ts';
import { ProcessClock, type WalkClock } from './walk-clock.ts';

export interface ProcessParts {
  readonly store: StatePersistence;
  readonly clock: WalkClock;
  readonly calls: Calls;
  readonly seed: number;
  readonly config: ConfigOptions;
  /** What the store has made of a commit. */
  readonly acknowledged: (
    batch: CommitBatch,
    positions: readonly number[],
  ) => readonly Transition[];
  readonly refused: (batch: CommitBatch) => void;
}

const ENDS: readonly string[] = ['success', 'failed', 'exhausted'];

const never = <T>(): Promise<T> => new Promise(() => {});

/** One process of a walk: a recovery on the machine's store, behind a door where commits can be held up. */
export class Process {
  readonly clock: ProcessClock;
  readonly calls: Calls;
  recovery!: DurableRecovery;
  definitions!: ReadonlyMap<string, OperationDefinition<Plan, number>>;
  alive = true;
  closing = false;
  /** It has brought everything to life that was unfinished. */
  resumed = false;
  /** The store has refused a commit. */
  sawTrouble = false;
  /** Called by somebody who has not been answered. */
  unanswered = 0;
  /** A commit that is held up at the door. */
  underWay: CommitBatch | undefined;
  /** Transitions as the commits told of them, and as subscribers were told. */
  committed: Transition[] = [];
  told: Transition[] = [];
  /** Ends that were durable in this process: successes, failures, exhaustions. */
  readonly ended: [number, number, number] = [0, 0, 0];
  /** Undos of theirs that have succeeded, and that were given up. */
  readonly undone: [number, number] = [0, 0];
  readonly #parts: ProcessParts;
  #door: Promise<void> = Promise.resolve();
  #openDoor: (() => void) | undefined;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.calls = parts.calls;
    this.clock = new ProcessClock(parts.clock);
  }

  async boot(): Promise<void> {
    const { seed, config, calls } = this.#parts;
    this.recovery = await createRecovery({
      persistence: this.#guarded(),
      clock: this.clock,
      random: seededRandom(seed),
      strategy: new ExponentialBackoffStrategy({
        initialDelay: 100,
        maxDelay: 1_500,
        jitter: 'full',
      }),
      logger: quiet,
      env: {},
      ...config,
    });
    this.recovery.transitions$.subscribe(transition => this.told.push(transition));
    this.definitions = define(this.recovery, calls);
    calls.limitOf = concurrencyOf;
  }

  get held(): boolean {
    return this.#openDoor !== undefined;
  }

  hold(): void {
    if (this.held) return;
    this.#door = new Promise(resolve => {
      this.#openDoor = resolve;
    });
  }

  release(): void {
    this.#openDoor?.();
    this.#openDoor = undefined;
  }

  /** Nothing of it happens any more. */
  end(): void {
    this.alive = false;
    this.calls.alive = false;
    this.clock.end();
  }

  #guarded(): StatePersistence {
    const { store } = this.#parts;
    const read = async <T>(answer: () => Promise<T>): Promise<T> => {
      if (!this.alive) return never();
      const value = await answer();
      return this.alive ? value : never();
    };
    return {
      open: () => store.open(),
      commit: batch => this.#commit(batch),
      find: id => read(() => store.find(id)),
      unfinished: query => read(() => store.unfinished(query)),
      list: query => read(() => store.list(query)),
      summaries: query => read(() => store.summaries(query)),
      counts: () => read(() => store.counts()),
      steps: id => read(() => store.steps(id)),
      stepsOf: ids => read(() => store.stepsOf(ids)),
      transitions: query => read(() => store.transitions(query)),
      transitionCounts: () => read(() => store.transitionCounts()),
      breakers: () => read(() => store.breakers()),
      prune: query => read(() => store.prune(query)),
      health: () => store.health(),
      close: () => store.close(),
    };
  }

  async #commit(given: CommitBatch) {
    if (!this.alive) return never<never>();
    const { store, acknowledged, refused } = this.#parts;
    const batch = JSON.parse(JSON.stringify(given)) as CommitBatch;
    this.underWay = batch;
    await this.#door;
    if (!this.alive) return never<never>();
    this.underWay = undefined;
    try {
      const receipt = await store.commit(batch);
      for (const transition of acknowledged(batch, receipt.positions)) {
        this.committed.push(transition);
        const end = ENDS.indexOf(transition.to);
        if (end >= 0) this.ended[end as 0 | 1 | 2]++;
        if (end < 0 || transition.kind === 'breaker') continue;
        this.undone[0] += transition.reason?.undo?.done ?? 0;
        this.undone[1] += transition.reason?.undo?.failed.length ?? 0;
      }
      return receipt;
    } catch (error) {
      this.sawTrouble = true;
      refused(batch);
      throw error;
    }
  }
}

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
