import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that a worker may take to end after its last test: what is left behind keeps it alive. */
const EXIT_GRACE_MS = 5_000;
/** Milliseconds for what it has printed to come, once it has ended. */
const LAST_WORDS_MS = 2_000;
/** What a worker prints when it is done with a file: its answer may come before all that it has printed. */
export const END_OF_FILE = '\u0000end of file\n';
/** uvu counts each file, which is of no interest: the run is counted at the end. */
const COUNTS = /^ {2}(?:Total|Passed|Skipped|Duration): .*\n/gm;

export interface TestFile {
  /** The path below the folder of the tests. */
  readonly name: string;
  readonly file: string;
  /** Milliseconds that each of its suites may take. */
  readonly suiteTimeout: number;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** What fails the run beside tests that do not pass. */
  readonly problems: readonly string[];
}

export interface FileResult extends Counts {
  readonly output: string;
}

/** A process that runs test files, one after the other. */
export class TestWorker {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';
  #printed: () => void = () => {};
  #alive = true;

  constructor(program: URL) {
    this.#process = fork(program, {
      execArgv: process.execArgv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const streams = [this.#process.stdout, this.#process.stderr] as Readable[];
    for (const stream of streams) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#printed();
      });
    }
    // `close` does not come where the parent has disconnected.
    const said = Promise.all(streams.map(stream => once(stream, 'end')));
    // A program that it has left behind may hold the streams open for ever.
    const ends = once(this.#process, 'exit').then(() =>
      Promise.race([said, sleep(LAST_WORDS_MS, undefined, { ref: false })]),
    );
    this.#exited = ends.then(() => {
      this.#alive = false;
      this.#printed();
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  async run(file: TestFile): Promise<FileResult> {
    const answered = new Promise<Counts | undefined>(resolve => {
      this.#process.once('message', resolve as (counts: unknown) => void);
      void this.#exited.then(() => resolve(undefined));
    });
    this.#process.send(file, () => {});
    const counts = await answered;
    if (counts !== undefined) await this.#until(() => this.#output.includes(END_OF_FILE));
    const output = this.#take();
    if (counts !== undefined) return { ...counts, output };
    const problems = [`${file.name}: the process ended amid its tests`];
    return { passed: 0, failed: 0, problems, output };
  }

  /** @returns what is wrong with how it ended */
  async end(): Promise<readonly string[]> {
    this.#process.disconnect();
    const late = setTimeout(() => this.#process.kill('SIGKILL'), EXIT_GRACE_MS);
    await this.#exited;
    clearTimeout(late);
    process.stdout.write(this.#take());
    const { exitCode, signalCode } = this.#process;
    if (signalCode !== null) return [`a worker had to be ended after its last test`];
    return exitCode === 0 ? [] : [`a worker ended with exit code ${exitCode}`];
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds() && this.#alive) {
      await new Promise<void>(resolve => {
        this.#printed = resolve;
      });
    }
  }

  #take(): string {
    const output = this.#output.replaceAll(END_OF_FILE, '').replace(COUNTS, '');
    this.#output = '';
    return output;
  }
}
