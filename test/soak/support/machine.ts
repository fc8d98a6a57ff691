import { MemoryPersistence } from '../../../adapters/memory/index.ts';
import {
  type DiskOutcome,
  MachineStopped,
  SimulatedDisk,
  seededRandom,
} from '../../../adapters/testing/index.ts';
import { PersistenceError } from '../../../services/errors.ts';
import type { CommitBatch, StatePersistence } from '../../../services/ports.ts';
import { Engine } from '../../adapters/sqljs/support/engine.ts';
import { EngineStore } from './engine-store.ts';

/** How the disk refuses: writes have no room, writes fail, or what was written cannot be brought to the platter. */
export type Trouble = 'ENOSPC' | 'EIO' | 'EIO on sync';

/** How a process ends: killed, or with its machine, and then with what becomes of what was not synced. */
export type Death = 'killed' | DiskOutcome;

/** What keeps the data of a walk from one process to the next. */
export interface Machine {
  trouble: Trouble | undefined;
  /** The store for the next process. */
  open(): StatePersistence;
  /**
   * The process ends amid what it does.
   * @param underWay a commit that had been called and not begun
   * @param calls after how many calls of the disk the machine stops; the commit is begun where there are any
   */
  die(death: Death, underWay: CommitBatch | undefined, calls: number): Promise<void>;
}

/** Data in memory: a commit is there as a whole or not at all. */
export class MemoryMachine implements Machine {
  trouble: Trouble | undefined;
  readonly #data = new MemoryPersistence();
  readonly #opened = this.#data.open();

  open(): StatePersistence {
    const data = this.#data;
    return {
      open: () => this.#opened,
      commit: async batch => {
        if (this.trouble !== undefined) throw new PersistenceError(`simulated ${this.trouble}`);
        return data.commit(structuredClone(batch));
      },
      find: id => data.find(id),
      unfinished: query => data.unfinished(query),
      list: query => data.list(query),
      summaries: query => data.summaries(query),
      counts: () => data.counts(),
      steps: id => data.steps(id),
      stepsOf: ids => data.stepsOf(ids),
      transitions: query => data.transitions(query),
      transitionCounts: () => data.transitionCounts(),
      breakers: () => data.breakers(),
      prune: query => data.prune(query),
      health: () => data.health(),
      close: async () => {},
    };
  }

  async die(death: Death, underWay: CommitBatch | undefined, calls: number): Promise<void> {
    const arrives = death === 'kept' || (death !== 'lost' && calls % 2 === 1);
    if (underWay && arrives && !this.trouble) await this.#data.commit(structuredClone(underWay));
  }
}

/** The engine of the sql.js store, on a disk with a cache that forgets. */
export class EngineMachine implements Machine {
  trouble: Trouble | undefined;
  #disk = new SimulatedDisk();
  #engine: Engine | undefined;
  #store: EngineStore | undefined;
  readonly #random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  open(): StatePersistence {
    const disk = this.#disk;
    disk.fault = call => {
      const { trouble } = this;
      if (trouble === 'EIO on sync') return /sync/.test(call) ? 'EIO' : undefined;
      return trouble !== undefined && /^(write|open)$/.test(call) ? trouble : undefined;
    };
    this.#engine = new Engine(disk);
    this.#store = new EngineStore(this.#engine);
    return this.#store;
  }

  async die(death: Death, underWay: CommitBatch | undefined, calls: number): Promise<void> {
    const [disk, store] = [this.#disk, this.#store];
    disk.crashAt = disk.calls + calls;
    try {
      if (underWay && calls > 0) await store?.commit(underWay);
      for (let step = 0; step < calls; step++) store?.goOnWithImage();
    } catch (error) {
      if (!(error instanceof MachineStopped) && !(error instanceof PersistenceError)) throw error;
    }
    this.#engine?.drop();
    this.#disk = death === 'killed' ? disk.reused() : disk.restarted(death, this.#random);
  }
}
