import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programFile, SHORT_LIFE } from '../support/programs.ts';

const worker = new URL('./worker-program.js', import.meta.url);
/** A process that has not ended by then hangs. */
const PATIENCE = 60_000;

export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly err: string;
}

/** One process. It is loaded ahead of its life, which begins with `go`. */
export class Life {
  readonly #child: ChildProcess;
  #out = '';
  #err = '';
  readonly ended: Promise<Death>;

  constructor(store: string, journal: string, life: number, mode: string, from = worker) {
    const args = [programFile(from), store, journal, String(life), mode];
    this.#child = spawn(process.execPath, [...SHORT_LIFE, ...args], {
      stdio: 'pipe',
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    this.#child.stdout?.on('data', chunk => {
      this.#out += chunk;
    });
    this.#child.stderr?.on('data', chunk => {
      this.#err += chunk;
    });
    // Who is killed reads no more.
    this.#child.stdin?.on('error', () => {});
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({
      code,
      signal,
      err: this.#err,
    }));
  }

  go(): void {
    this.#child.stdin?.write('\n');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the store is open and everything resumed, or when it died before. */
  async ready(): Promise<void> {
    const { stdout } = this.#child;
    while (stdout && !this.#out.includes('ready') && this.#child.exitCode === null) {
      if (this.#child.signalCode !== null) return;
      await Promise.race([once(stdout, 'data'), this.ended]);
    }
  }
}

/** A line of the journal. */
export interface Note {
  readonly what: string;
  readonly id: string;
  readonly detail: string;
  readonly at: number;
}

export interface Place {
  readonly store: string;
  readonly journal: string;
  notes(): Promise<Note[]>;
}

export async function withPlace(run: (place: Place) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kill-'));
  const journal = join(folder, 'journal');
  const notes = async () =>
    (await readFile(journal, 'utf8'))
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const words = line.split(' ');
        const [what = '', id = '', detail = ''] = words;
        return { what, id, detail: words.length > 3 ? detail : '', at: Number(words.at(-1)) };
      });
  try {
    await run({ store: join(folder, 'recovery.db'), journal, notes });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
