import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import type { ContenderName, Place, Round } from './contender.ts';
import type { Order } from './contender-process.ts';

const SETUP_MS = 60_000;
/** How much longer than asked for a round may take. */
const GRACE_MS = 60_000;

/** A contender in a process of its own, so that heaps, compiled code and timers of one do not weigh on another. */
export class Subject {
  readonly name: ContenderName;
  readonly #child: Child;

  private constructor(name: ContenderName) {
    this.name = name;
    const module = new URL('./contender-process.js', import.meta.url);
    this.#child = new Child(name, module, profileFlags(name));
  }

  static async start(name: ContenderName, place: Place): Promise<Subject> {
    const subject = new Subject(name);
    try {
      await subject.#order({ do: 'setup', name, place }, SETUP_MS);
    } catch (error) {
      subject.#child.kill();
      throw error;
    }
    return subject;
  }

  round(concurrency: number, milliseconds: number): Promise<Round> {
    return this.#order(
      { do: 'round', concurrency, milliseconds },
      milliseconds + GRACE_MS,
    ) as Promise<Round>;
  }

  async stop(): Promise<void> {
    try {
      await this.#order({ do: 'teardown' }, SETUP_MS);
    } catch (error) {
      console.error(`${this.name} did not stop: ${String(error)}`);
      this.#child.kill();
    }
    await this.#child.end();
  }

  #order(order: Order, milliseconds: number): Promise<unknown> {
    return this.#child.ask(order, milliseconds);
  }
}

/** `BENCH_PROFILE=<contender>` writes a CPU profile of that one in bench/profiles. */
function profileFlags(name: ContenderName): readonly string[] {
  return process.env.BENCH_PROFILE === name
    ? ['--cpu-prof', `--cpu-prof-dir=${fileURLToPath(new URL('../../profiles', import.meta.url))}`]
    : [];
}
