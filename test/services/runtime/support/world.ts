import { SimulatedClock, seededRandom } from '../../../../adapters/testing/index.ts';
import { createRecovery, type RecoveryOptions } from '../../../../create-recovery.ts';
import type { Logger } from '../../../../services/ports.ts';
import type { DurableRecovery } from '../../../../services/recovery.ts';
import { FixedDelayStrategy } from '../../../../services/strategies/index.ts';
import { Disk } from './disk.ts';

export const STARTED_AT = 1_000_000;

/** One machine's disk and clock, on which a recovery is booted, killed and booted again. */
export class World {
  readonly clock = new SimulatedClock({ now: STARTED_AT });
  readonly disk = new Disk();
  /** Messages of warnings and errors. */
  readonly logged: string[] = [];
  readonly #plugs: (() => void)[] = [];

  /** A process: retries come 1,000 ms after a failure unless the options say otherwise. */
  readonly boot = async (options: RecoveryOptions = {}): Promise<DurableRecovery> => {
    const { store, crash } = this.disk.session();
    const { clock } = this;
    let alive = true;
    this.#plugs.push(() => {
      alive = false;
      crash();
    });
    const recovery = await createRecovery({
      persistence: store,
      clock: {
        now: () => clock.now(),
        setTimeout: (fn, ms) => clock.setTimeout(() => alive && fn(), ms),
        clearTimeout: handle => clock.clearTimeout(handle),
      },
      random: seededRandom(1),
      strategy: new FixedDelayStrategy({ delay: 1_000 }),
      logger: this.#logger(),
      env: {},
      ...options,
    });
    return recovery;
  };

  #logger(): Logger {
    const keep = (_fields: unknown, message: string) => void this.logged.push(message);
    return { debug() {}, info() {}, warn: keep, error: keep };
  }

  /** Kills what was booted: no timer of it fires and no answer of the disk reaches it. */
  readonly crash = (): void => {
    for (const pull of this.#plugs.splice(0)) pull();
  };

  /** Lets everything happen that needs no time. */
  readonly settle = (): Promise<void> => this.clock.advance(0);

  /** Closes a recovery while its clock goes on. */
  readonly close = async (recovery: DurableRecovery): Promise<void> => {
    const closing = recovery.close();
    await this.clock.advance(60_000);
    await closing;
  };
}

/** Runs a test in a world of its own. Nothing of it lives on: its clock stands still. */
export function inWorld(run: (world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    const world = new World();
    try {
      await run(world);
    } finally {
      world.crash();
    }
  };
}
