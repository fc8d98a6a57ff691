import { ConfigError, PersistenceError } from '../../services/errors.ts';
import type { Clock, CommitBatch, Random, StatePersistence } from '../../services/ports.ts';
import { MemoryPersistence } from '../memory/index.ts';
import { SqlJsPersistence } from '../sqljs/index.ts';
import { mortal } from './mortal-store.ts';
import { type DiskOutcome, SimulatedDisk } from './simulated-disk.ts';
import { SingleThreadHost } from './single-thread-host.ts';

/**
 * Where in a commit the process dies:
 * - `before-write`: nothing of it was written
 * - `before-sync`: it was written, and not synced; what becomes of it is the disk's to say (`unsynced` of `restart`)
 * - `before-answer`: it is durable, and nobody was told
 */
export type CutPoint = 'before-write' | 'before-sync' | 'before-answer';
export const CUT_POINTS: readonly CutPoint[] = ['before-write', 'before-sync', 'before-answer'];

const PATH = '/test/recovery.db';
/** Of a disk in memory, whose commits have no parts: what was not synced is as good as not written. */
type Engine = 'sqljs' | 'memory';

interface Session {
  readonly store: StatePersistence;
  readonly kill: () => void;
}

interface Cut {
  readonly commit: number;
  readonly point: CutPoint;
}

/** What outlives a simulated process, and what goes wrong with it. Every process has a session on it, which the end of the process ends. */
export class TestDisk {
  /** Every commit that became durable, oldest first, as JSON keeps it. */
  readonly commits: CommitBatch[] = [];
  /** Commits that were called, those that failed included. */
  tries = 0;
  /** Called when the process dies at a cut. */
  onCut: () => void = () => {};
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #memory = new MemoryPersistence();
  readonly #opened: Promise<void>;
  #disk = new SimulatedDisk();
  #cut: Cut | undefined;
  #delay = 0;
  #failing: string | undefined;
  #failOnce: string | undefined;

  constructor(engine: Engine, clock: Clock, random: Random) {
    this.#engine = engine;
    this.#clock = clock;
    this.#random = random;
    this.#opened = this.#memory.open();
  }

  /** The cuts that are not the same: what is in memory is not synced. */
  get cutPoints(): readonly CutPoint[] {
    return this.#engine === 'memory' ? ['before-write', 'before-answer'] : CUT_POINTS;
  }

  /** Commits fail with that system error, such as `ENOSPC` or `EIO`, until `heal()`. */
  fail(code: string): void {
    this.#failing = checkedCode(code);
  }

  /** The next commit does. */
  failNext(code: string): void {
    this.#failOnce = checkedCode(code);
  }

  /** Commits take so many milliseconds of the clock. @throws ConfigError */
  slow(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new ConfigError(`slow takes milliseconds >= 0, got ${String(ms)}`);
    }
    this.#delay = ms;
  }

  /** Nothing is wrong with it any more. */
  heal(): void {
    this.#failing = undefined;
    this.#failOnce = undefined;
    this.#delay = 0;
    this.#disk.fault = () => undefined;
  }

  /** The process dies in the commit of that number from now, from 1. */
  cut(commit: number, point: CutPoint): void {
    this.#cut = { commit: this.tries + commit, point };
  }

  /** A store for a new process. */
  session(): Session {
    let alive = true;
    const host = new SingleThreadHost(this.#disk);
    const isAlive = () => alive && !this.#disk.stopped;
    const die = () => {
      alive = false;
      this.onCut();
    };
    const store =
      this.#engine === 'memory'
        ? undying(this.#memory, this.#opened)
        : new SqlJsPersistence({ path: PATH, checkpointInterval: 0 }, host);
    return {
      store: mortal(store, isAlive, batch => this.#commit(store, batch, isAlive, die)),
      kill: () => {
        alive = false;
        host.drop();
      },
    };
  }

  /** What is left of it after the end of a process, or of the whole machine. */
  restarted(unsynced: DiskOutcome | 'cached'): void {
    if (this.#cut !== undefined && this.#cut.commit <= this.tries) this.#cut = undefined;
    if (unsynced === 'cached') this.#disk.reused();
    else this.#disk = this.#disk.restarted(unsynced, this.#random);
  }

  async #commit(
    store: StatePersistence,
    batch: CommitBatch,
    isAlive: () => boolean,
    die: () => void,
  ) {
    const written = JSON.parse(JSON.stringify(batch)) as CommitBatch;
    this.tries += 1;
    const point = this.#cut?.commit === this.tries ? this.#cut.point : undefined;
    const code = this.#failOnce ?? this.#failing;
    this.#failOnce = undefined;
    if (this.#delay > 0) await this.#wait(this.#delay);
    if (point === 'before-write' || (point === 'before-sync' && this.#engine === 'memory')) die();
    if (!isAlive()) return { positions: [] };
    if (this.#engine === 'memory' && code !== undefined) {
      throw new PersistenceError(`the commit could not be written: ${code}: simulated`);
    }
    this.#disk.fault = code === undefined ? () => undefined : call => wrong(call, code);
    if (point === 'before-sync') this.#disk.crashBefore = 'fdatasync';
    try {
      const receipt = await store.commit(batch);
      this.commits.push(written);
      if (point === 'before-answer') die();
      return receipt;
    } finally {
      if (this.#disk.stopped) die();
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise(resolve => this.#clock.setTimeout(resolve, ms));
  }
}

/** A full disk has room for no new file either; a broken one does not say so before it is synced. */
const wrong = (call: string, code: string) =>
  code === 'EIO' && call === 'write' ? undefined : code;

function checkedCode(code: unknown): string {
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code;
  throw new ConfigError(`a disk fails with the code of a system error, got ${String(code)}`);
}

/** The memory is there before and after each process. */
const undying = (memory: StatePersistence, opened: Promise<void>): StatePersistence =>
  new Proxy(memory, {
    get(target, name) {
      if (name === 'open') return () => opened;
      if (name === 'close') return async () => {};
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
