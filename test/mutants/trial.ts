import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** How a run of tests went. */
export interface Outcome {
  readonly green: boolean;
  /** What turned it red, in a line; of a green one, how many have passed. */
  readonly told: string;
}

/**
 * Runs tests of a build in a process of its own, until something is red. It and all that it has begun is gone afterwards.
 * @param patience milliseconds that it may take
 */
export async function trial(folder: string, tests: string, patience: number): Promise<Outcome> {
  const place = await mkdtemp(join(tmpdir(), 'mutant-'));
  const child = execa(
    'node',
    ['--enable-source-maps', '--conditions', 'development', join(folder, 'test/run.js'), tests],
    {
      reject: false,
      all: true,
      buffer: false,
      detached: true,
      env: { TMPDIR: place, TEST_WORKERS: process.env.TEST_WORKERS ?? '2', CI: '' },
    },
  );
  let output = '';
  let hung = false;
  const end = () => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // All of it has ended by itself.
    }
  };
  const late = setTimeout(() => {
    hung = true;
    end();
  }, patience);
  child.all?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    // The rest would tell nothing new.
    if (redOf(output) !== undefined) end();
  });
  const { exitCode } = await child;
  clearTimeout(late);
  end();
  await rm(place, { recursive: true, force: true, maxRetries: 5 });
  const red = redOf(output);
  if (red !== undefined) return { green: false, told: red };
  if (hung) return { green: false, told: `it hung: the tests had not ended after ${patience} ms` };
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  return exitCode === 0 && / 0 failed$/.test(last)
    ? { green: true, told: last }
    : { green: false, told: `the run ended with ${exitCode}: ${last}` };
}

/** The first test that has failed, with its file, or what else the runner found. */
function redOf(output: string): string | undefined {
  const fail = /^ *FAIL .*?"(.*)"$/m.exec(output);
  if (fail !== null) {
    const before = output.slice(0, fail.index);
    const file = [...before.matchAll(/^(\S+)\.test\.js$/gm)].at(-1)?.[1];
    return `${file}: ${fail[1]}`;
  }
  return /^✘ (.*)$/m.exec(output)?.[1];
}
