import { MemoryPersistence } from '../../../../adapters/memory/index.ts';
import { PersistenceError } from '../../../../services/errors.ts';
import type {
  CommitBatch,
  CommitReceipt,
  OperationRecord,
  StatePersistence,
} from '../../../../services/ports.ts';

/** What was read, but not yet. */
async function later<T>(read: Promise<T>, arrival: Promise<void>): Promise<T> {
  const value = await read;
  await arrival;
  return value;
}

const empty: CommitBatch = { operations: [], steps: [], transitions: [], breakers: [] };

/**
 * What outlives a simulated process: every session is a store on the same data. The test may hold commits back, let them fail, and
 * pull the plug, after which a session never answers again.
 */
export class Disk {
  readonly #store = new MemoryPersistence();
  readonly #opened = this.#store.open();
  /** Every commit that became durable, as JSON would keep it. */
  readonly commits: CommitBatch[] = [];
  /** Commits that were called and not answered yet. */
  underWay = 0;
  mostUnderWay = 0;
  /** Set: commits fail with it, and nothing of them is kept. */
  failure: Error | undefined;
  /** Tries, the failed ones included. */
  tries = 0;
  /** Pages of unfinished operations arrive only after this, with what was true when they were read. */
  pageOnItsWay: Promise<void> = Promise.resolve();
  /** The same for the rows of `find` and for steps. */
  rowsOnTheirWay: Promise<void> = Promise.resolve();
  stepsOnTheirWay: Promise<void> = Promise.resolve();
  #gate: Promise<void> = Promise.resolve();
  #held = false;
  #openGate: () => void = () => {};

  /** Holds back every commit that is called from now on. */
  hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#gate = new Promise(resolve => {
      this.#openGate = resolve;
    });
  }

  /** Lets what is held back go on, in order. */
  release(): void {
    this.#held = false;
    this.#openGate();
    this.#gate = Promise.resolve();
  }

  /** A store on the data, and what pulls its plug. */
  session(): { readonly store: StatePersistence; readonly crash: () => void } {
    let alive = true;
    const store = this.#store;
    let closed = false;
    const answered = async <T>(answer: () => Promise<T>): Promise<T> => {
      if (closed) throw new PersistenceError('the store is closed');
      if (!alive) return new Promise<T>(() => {});
      const value = await answer();
      return alive ? value : new Promise<T>(() => {});
    };
    return {
      crash: () => {
        alive = false;
      },
      store: {
        open: () => this.#opened,
        commit: batch => answered(() => this.#commit(batch, () => alive)),
        find: id => answered(() => later(store.find(id), this.rowsOnTheirWay)),
        unfinished: query => answered(() => later(store.unfinished(query), this.pageOnItsWay)),
        list: query => answered(() => store.list(query)),
        summaries: query => answered(() => store.summaries(query)),
        counts: () => answered(() => store.counts()),
        steps: id => answered(() => later(store.steps(id), this.stepsOnTheirWay)),
        stepsOf: ids => answered(() => later(store.stepsOf(ids), this.stepsOnTheirWay)),
        transitions: query => answered(() => store.transitions(query)),
        transitionCounts: () => answered(() => store.transitionCounts()),
        breakers: () => answered(() => store.breakers()),
        prune: query => answered(() => store.prune(query)),
        health: () => store.health(),
        close: async () => {
          closed = true;
        },
      },
    };
  }

  async #commit(batch: CommitBatch, alive: () => boolean): Promise<CommitReceipt> {
    const written = JSON.parse(JSON.stringify(batch)) as CommitBatch;
    this.underWay++;
    this.tries++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await this.#gate;
    this.underWay--;
    // The plug was pulled before it reached the disk.
    if (!alive()) return { positions: [] };
    if (this.failure !== undefined) throw this.failure;
    this.commits.push(written);
    return this.#store.commit(written);
  }

  /** A row as it lies on the disk. */
  async row(id: string): Promise<OperationRecord> {
    const row = await this.#store.find(id);
    if (row === undefined) throw new PersistenceError(`no row "${id}"`);
    return row;
  }

  history(operationId: string) {
    return this.#store.transitions({ operationId });
  }

  breakerHistory(breakerKey: string) {
    return this.#store.transitions({ breakerKey });
  }

  /** Keys of the breakers that lie on the disk, in the order of their names. */
  async breakerKeys(): Promise<readonly string[]> {
    return (await this.#store.breakers()).map(({ key }) => key).sort();
  }

  steps(operationId: string) {
    return this.#store.steps(operationId);
  }

  /** Writes a row past every service. */
  async put(record: OperationRecord): Promise<void> {
    await this.#store.commit({ ...empty, operations: [record] });
  }

  async putBreaker(key: string, snapshot: unknown): Promise<void> {
    const record = { key, state: 'closed', seq: 1, snapshot, updatedAt: 0 } as const;
    await this.#store.commit({ ...empty, breakers: [record] });
  }
}
