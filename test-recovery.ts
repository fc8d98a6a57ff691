import {
  type DiskOutcome,
  Faults,
  SimulatedClock,
  seededRandom,
  TestDisk,
} from './adapters/testing/index.ts';
import { createRecovery, type RecoveryOptions } from './create-recovery.ts';
import { ConfigError } from './services/errors.ts';
import type {
  Clock,
  OperationFunction,
  OperationOptions,
  Recovery,
  StatePersistence,
} from './services/ports.ts';
import type { DurableRecovery } from './services/recovery.ts';

/** Options of `createTestRecovery`: those of `createRecovery`, but for what is simulated. */
export interface TestRecoveryOptions<Defined = unknown>
  extends Omit<RecoveryOptions, 'persistence' | 'persistencePath' | 'clock' | 'random'> {
  /** Makes the definitions, in each process anew. What it returns is `defined`. @default none */
  readonly define?: (recovery: Recovery) => Defined;
  /** The real sql.js store on a simulated disk, or the memory store, which is faster. @default 'sqljs' */
  readonly store?: 'sqljs' | 'memory';
  /** What all randomness follows from: seeds of operations, and what a torn write leaves. An integer. @default 1 */
  readonly seed?: number;
  /** Epoch milliseconds at which the clock begins. @default 0 */
  readonly now?: number;
  /** Waits for work that this thread's event loop cannot see, such as real files and sockets of functions; see `SimulatedClock`. @default none */
  readonly settle?: () => void | PromiseLike<void>;
}

export interface RestartOptions {
  /** Whether the process dies amid everything, or is closed. @default false */
  readonly crash?: boolean;
  /**
   * What becomes of writes that were not synced. `cached`: only the process died, and the system's cache has them; the others are those of a machine that stops,
   * see `DiskOutcome`. @default 'cached', and with a cut 'lost'
   */
  readonly unsynced?: DiskOutcome | 'cached';
  /** Whether what is unfinished goes on at once. @default true */
  readonly resume?: boolean;
}

const timersIn = (active: readonly string[]): number =>
  active.filter(kind => kind === 'Timeout').length;

/** Resources of Node's that tell of work outside of it. */
const OUTSIDE =
  /^(FSReq|FileHandleCloseReq|GetAddrInfoReq|TCPConnect|TCPSocket|TLSWrap|PipeConnect|Process|Zlib|ShutdownWrap|WriteWrap)/;

/** A recovery in a world that the test holds in its hand: time, chance, the disk, and what goes wrong. */
export class TestRecovery<Defined = unknown> {
  readonly clock: SimulatedClock;
  /** What goes wrong with functions. */
  readonly faults = new Faults();
  /** What goes wrong with the store. */
  readonly disk: TestDisk;
  readonly #options: TestRecoveryOptions<Defined>;
  readonly #random;
  #recovery: DurableRecovery | undefined;
  #store: StatePersistence | undefined;
  #defined: Defined | undefined;
  #kill: () => void = () => {};
  #alive = false;
  #wasCut = false;
  #deaths = 0;
  /** Real timers that were there before: the test runner's. */
  readonly #timers = timersIn(process.getActiveResourcesInfo());

  constructor(options: TestRecoveryOptions<Defined>) {
    const { now = 0, settle, seed = 1, store = 'sqljs' } = options;
    if (store !== 'sqljs' && store !== 'memory') {
      throw new ConfigError(`store must be 'sqljs' or 'memory', got ${String(store)}`);
    }
    this.#options = options;
    this.clock = new SimulatedClock({ now, ...(settle === undefined ? {} : { settle }) });
    this.#random = seededRandom(seed);
    this.disk = new TestDisk(store, this.clock, seededRandom(seed + 1));
    this.disk.onCut = () => {
      if (this.#alive) this.#deaths += 1;
      this.#wasCut = true;
      this.#alive = false;
    };
  }

  /** The recovery of the present process; another one after each restart. */
  get recovery(): DurableRecovery {
    return this.#known(this.#recovery);
  }

  /** What `define` has returned in the present process. */
  get defined(): Defined {
    this.#known(this.#recovery);
    return this.#defined as Defined;
  }

  /** The store, past the recovery. */
  get store(): StatePersistence {
    return this.#known(this.#store);
  }

  /** Whether the process lives: a cut ends it. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Times that a cut has ended the process. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Moves the clock on: what falls due happens, and what follows from it. Milliseconds. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  /** Whether files, sockets, processes or real timers have something under way, which the clock does not see. */
  waitsForOutside(): boolean {
    const active = process.getActiveResourcesInfo();
    return active.some(kind => OUTSIDE.test(kind)) || timersIn(active) > this.#timers;
  }

  /** Ends the process, and begins another one on the same disk, with definitions made anew. */
  async restart(options: RestartOptions = {}): Promise<DurableRecovery> {
    const { crash = false, resume = true } = options;
    const cut = this.#wasCut;
    if (this.#alive && !crash) await this.#close();
    this.#end();
    this.disk.restarted(options.unsynced ?? (cut ? 'lost' : 'cached'));
    await this.boot();
    if (resume) await this.#whileTimeStands(this.recovery.resume());
    await this.settle();
    return this.recovery;
  }

  /** Closes the recovery; its operations stay as they are in the store. */
  async close(): Promise<void> {
    if (this.#alive) await this.#close();
    this.#end();
  }

  /** Ends it without a farewell, which is quicker than `close()`. */
  abandon(): void {
    this.#end();
  }

  /** Begins a process. */
  async boot(): Promise<void> {
    const { define, store: _, seed: _seed, now: _now, settle: _settle, ...given } = this.#options;
    const { store, kill } = this.disk.session();
    let alive = true;
    this.#kill = () => {
      alive = false;
      kill();
    };
    this.#alive = true;
    this.#wasCut = false;
    this.#store = store;
    const recovery = await createRecovery({
      env: {},
      ...given,
      persistence: store,
      clock: this.#clockWhile(() => alive && this.#alive),
      random: this.#random,
    });
    this.#addFaults(recovery);
    this.#recovery = recovery;
    this.#defined = define?.(recovery);
  }

  /** The dead have no timers. */
  #clockWhile(alive: () => boolean): Clock {
    const { clock } = this;
    return {
      now: () => clock.now(),
      setTimeout: (fn, ms) => clock.setTimeout(() => alive() && fn(), ms),
      clearTimeout: handle => clock.clearTimeout(handle),
    };
  }

  #addFaults(recovery: DurableRecovery): void {
    const operation = recovery.operation.bind(recovery);
    recovery.operation = <Input, Output>(
      name: string,
      fn: OperationFunction<Input, Output>,
      options: OperationOptions<Input, Output> = {},
    ) => {
      const called = typeof fn === 'function' ? this.faults.around(name, fn) : fn;
      return operation(name, called, this.faults.aroundOptions(name, options));
    };
  }

  async #close(): Promise<void> {
    let closed = false;
    const closing = this.recovery.close().finally(() => {
      closed = true;
    });
    await this.settle();
    // What has time to end gets it, and no more than that.
    for (let next = this.clock.nextAt; next !== undefined; next = this.clock.nextAt) {
      if (closed || !this.#alive) break;
      await this.clock.advanceTo(next);
    }
    // The dead do not get to the end of it.
    if (this.#alive) await closing;
  }

  async #whileTimeStands<T>(work: Promise<T>): Promise<T> {
    await this.settle();
    return work;
  }

  #end(): void {
    this.#alive = false;
    this.#kill();
    this.#recovery = undefined;
    this.#store = undefined;
  }

  #known<T>(value: T | undefined): T {
    if (value !== undefined) return value;
    throw new ConfigError('the test recovery is closed');
  }
}

/**
 * A recovery whose clock stands still until the test moves it, whose randomness is seeded, and whose store lies on a disk that can lose, tear and refuse.
 * Nothing of it outlives `close()`, and nothing of it waits in real time.
 * @throws ConfigError for options that cannot be used
 */
export async function createTestRecovery<Defined = undefined>(
  options: TestRecoveryOptions<Defined> = {},
): Promise<TestRecovery<Defined>> {
  const test = new TestRecovery<Defined>(options);
  await test.boot();
  return test;
}
