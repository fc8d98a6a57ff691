import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ContenderName, Place, Round } from './contender.ts';
import type { Order } from './contender-process.ts';

const SETUP_MS = 60_000;
/** How much longer than asked for a round may take. */
const GRACE_MS = 60_000;

/** A contender in a process of its own, so that heaps, compiled code and timers of one do not weigh on another. */
export class Subject {
  readonly name: ContenderName;
  readonly #child: ChildProcess;

  private constructor(name: ContenderName) {
    this.name = name;
    this.#child = fork(new URL('./contender-process.js', import.meta.url), {
      serialization: 'advanced',
      execArgv: ['--expose-gc', ...profileFlags(name)],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  static async start(name: ContenderName, place: Place): Promise<Subject> {
    const subject = new Subject(name);
    try {
      await subject.#order({ do: 'setup', name, place }, SETUP_MS);
    } catch (error) {
      subject.#child.kill('SIGKILL');
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
    const ended = once(this.#child, 'exit');
    try {
      await this.#order({ do: 'teardown' }, SETUP_MS);
      this.#child.disconnect();
    } catch (error) {
      console.error(`${this.name} did not stop: ${String(error)}`);
      this.#child.kill('SIGKILL');
    }
    await ended;
  }

  #order(order: Order, milliseconds: number): Promise<unknown> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (fn: () => void) => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        fn();
      };
      const onMessage = (answer: { readonly value?: unknown; readonly error?: string }) =>
        settle(() =>
          answer.error === undefined
            ? resolve(answer.value)
            : reject(new Error(`${this.name}: ${answer.error}`)),
        );
      const onExit = () => settle(() => reject(new Error(`${this.name} ended by itself`)));
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(() => reject(new Error(`${this.name} took longer than ${milliseconds} ms`)));
      }, milliseconds);
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(order, error => error && settle(() => reject(error)));
    });
  }
}

/** `BENCH_PROFILE=<contender>` writes a CPU profile of that one in bench/profiles. */
function profileFlags(name: ContenderName): readonly string[] {
  return process.env.BENCH_PROFILE === name
    ? ['--cpu-prof', `--cpu-prof-dir=${fileURLToPath(new URL('../../profiles', import.meta.url))}`]
    : [];
}
