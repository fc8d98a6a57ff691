import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parse } from 'uvu/parse';
import { type FileResult, type TestFile, TestWorker } from './test-worker.ts';

export interface TestRun {
  /** Where the compiled test files are, folders in it included. */
  readonly folder: string;
  /** A regular expression on the path below the folder. */
  readonly pattern: string;
  /** Only files whose compiled text matches. @default all */
  readonly text?: RegExp;
  /** Milliseconds that a suite may take. One that needs longer (real processes, many kills) exports `suiteTimeout`. */
  readonly suiteTimeout: number;
  /** The program of a worker: a module that calls `serveTests`. */
  readonly worker: URL;
  /** How many files run at the same time. @default as many as there are processors, and one more, since many tests wait; TEST_WORKERS */
  readonly workers?: number;
  /** What has to hold once all tests have run. @returns problems. @default nothing */
  readonly atEnd?: () => readonly string[];
}

/** How a test that fails is told amid the others. */
const FAIL = /^ *FAIL +(.*)$/gm;
const OWN_TIMEOUT = /^export const suiteTimeout = ([\d_]+);$/m;
const STARTS_MANY = /^export const startsMany = true;$/m;
/** Files that are told at the end as those that took longest. */
const SHOWN = Number(process.env.TEST_SLOWEST ?? 5);

/**
 * Runs every compiled `*.test.js` of a folder under uvu, in several processes, and fails where uvu 0.5.6 alone would pass: a throwing hook, a thrown
 * non-Error, a forgotten `run()`, a left-behind `only`, an empty match, a leaked handle, a suite that never ends, a process that ends
 * amid its tests. The last line counts the tests.
 */
export async function runTests(run: TestRun): Promise<void> {
  const { suites } = await parse(run.folder, `(?:${run.pattern}).*\\.test\\.js$`);
  const files = await longestFirst(suites, run);
  const totals = { passed: 0, failed: 0 };
  const problems: string[] = files.length === 0 ? [`no test file matches "${run.pattern}"`] : [];
  const wanted = Number(process.env.TEST_WORKERS ?? run.workers ?? availableParallelism() + 1);

  /** Told once more at the end, where it is found. */
  const red: string[] = [];
  const times: { readonly name: string; readonly seconds: number }[] = [];
  const begun = performance.now();

  const add = ({ output, passed, failed, problems: found }: FileResult) => {
    process.stdout.write(output);
    totals.passed += passed;
    totals.failed += failed;
    problems.push(...found);
  };
  const takeTurns = async () => {
    let worker: TestWorker | undefined;
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      worker ??= new TestWorker(run.worker);
      const begun = performance.now();
      const result = await worker.run(file);
      add(result);
      red.push(...[...result.output.matchAll(FAIL)].map(([, test]) => `${file.name}: ${test}`));
      times.push({ name: file.name, seconds: (performance.now() - begun) / 1_000 });
      if (!worker.alive) worker = undefined;
    }
    problems.push(...((await worker?.end()) ?? []));
  };
  await Promise.all(Array.from({ length: Math.min(wanted, files.length) }, takeTurns));

  const slowest = times.sort((a, b) => b.seconds - a.seconds).slice(0, SHOWN);
  const words = slowest.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)} s`).join(', ');
  console.log(`${((performance.now() - begun) / 1_000).toFixed(1)} s; longest: ${words}`);
  problems.push(...(run.atEnd?.() ?? []));
  for (const test of red) console.error(`✘ ${test}`);
  for (const problem of problems) console.error(`✘ ${problem}`);
  if (problems.length > 0 || totals.failed > 0) process.exitCode = 1;
  console.log(`${totals.passed} passed, ${totals.failed + problems.length} failed`);
}

/**
 * What takes long is begun first, so that nobody waits for it at the end; before it those that start many processes (and export `startsMany`): to
 * start one costs the more, the more memory a worker has by then.
 */
async function longestFirst(
  suites: readonly { readonly name: string; readonly file: string }[],
  { text: wanted = /^/, suiteTimeout }: TestRun,
): Promise<TestFile[]> {
  const files = await Promise.all(
    suites.map(async ({ name, file }) => ({ name, file, text: await readFile(file, 'utf8') })),
  );
  return files
    .filter(({ text }) => wanted.test(text))
    .map(({ name, file, text }) => ({
      name,
      file,
      suiteTimeout: Number(OWN_TIMEOUT.exec(text)?.[1]?.replaceAll('_', '') ?? suiteTimeout),
      startsMany: STARTS_MANY.test(text),
    }))
    .sort((a, b) => Number(b.startsMany) - Number(a.startsMany) || b.suiteTimeout - a.suiteTimeout);
}
