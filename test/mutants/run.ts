/**
 * Breaks the library in many small ways, one at a time, and sees whether the tests turn red.
 *
 * Usage: npm run mutants [-- pattern] [--only pattern] [--workers n] [--named]
 * A pattern is a regular expression on what is broken and where; `--named` asks the named tests only, not those of the whole part, before a breakage survives. Ends with 1 when fewer than 95 of 100 are noticed, or the list does not fit the sources.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Breakage, broken, type Group } from './breakage.ts';
import { Build } from './build.ts';
import { GROUPS } from './list.ts';
import { type Fate, report } from './report.ts';
import { type Outcome, trial } from './trial.ts';

/** Share of the breakages that have to be noticed. */
const WANTED = 0.95;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** This very build, in which nothing is broken. */
const WHOLE = fileURLToPath(new URL('../../', import.meta.url));

/** Milliseconds that the tests of one breakage may take, and that many tests may. */
const PATIENCE = 60_000;
const LONG_PATIENCE = 600_000;

interface Task {
  readonly group: Group;
  readonly breakage: Breakage;
  /** The source with the breakage in it. */
  readonly text: string;
}

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    workers: { type: 'string', default: '1' },
    named: { type: 'boolean' },
  },
  allowPositionals: true,
});
const wanted = new RegExp(values.only ?? positionals[0] ?? '', 'i');
const without = new Map<string, Promise<Outcome>>();
const problems: string[] = [];
const tasks: Task[] = [];
for (const group of GROUPS) {
  for (const breakage of group.breakages) {
    const { file, what } = breakage;
    const result = broken(await readFile(join(ROOT, file), 'utf8'), breakage);
    if ('problem' in result) problems.push(`${file}: ${what}: ${result.problem}`);
    else if (wanted.test(`${file}: ${what}`)) {
      tasks.push({ group, breakage, text: result.text });
    }
  }
}
if (tasks.length === 0) problems.push(`no breakage matches ${wanted}`);
process.exitCode = problems.length === 0 ? await run() : refuse(problems);

function refuse(why: readonly string[]): number {
  for (const problem of why) console.error(`✘ ${problem}`);
  return 1;
}

async function run(): Promise<number> {
  const begun = performance.now();
  const patterns = [...new Set(tasks.map(({ breakage }) => breakage.tests))];
  console.log(`${tasks.length} breakages; first their tests without any`);
  const union = patterns.map(tests => `(?:${tests})`).join('|');
  const whole = await trial(WHOLE, union, LONG_PATIENCE);
  if (!whole.green) return refuse([`red without any breakage: ${whole.told}`]);
  console.log(whole.told);

  const fates: Fate[] = [];
  const left = [...tasks];
  const takeTurns = async (worker: number) => {
    const build = await Build.copied(ROOT, WHOLE, `.build-mutants-${worker}`);
    try {
      for (let task = left.shift(); task !== undefined; task = left.shift()) {
        const fate = await fateOf(task, build);
        fates.push(fate);
        const { file, what } = fate.breakage;
        console.log(`${fate.caught ? '•' : '✘'} ${file}: ${what}: ${fate.told}`);
      }
    } finally {
      await build.remove();
    }
  };
  const workers = Array.from({ length: Number(values.workers) }, (_, at) => takeTurns(at + 1));
  await Promise.all(workers);
  const share = report(fates);
  console.log(`${((performance.now() - begun) / 60_000).toFixed(1)} minutes`);
  return share < WANTED ? 1 : 0;
}

async function fateOf({ breakage, group, text }: Task, build: Build): Promise<Fate> {
  let restore: () => Promise<void>;
  try {
    restore = await build.replace(breakage.file, text);
  } catch (error) {
    return { group, breakage, caught: false, told: `it cannot be compiled: ${messageOf(error)}` };
  }
  let outcome: Outcome;
  try {
    outcome = await trial(build.folder, breakage.tests, group.patience ?? PATIENCE);
    if (!outcome.green) return { group, breakage, caught: true, told: outcome.told };
    if (values.named) return { group, breakage, caught: false, told: 'its tests stay green' };
    outcome = await trial(build.folder, group.wider, LONG_PATIENCE);
  } finally {
    await restore();
  }
  if (outcome.green) return { group, breakage, caught: false, told: 'nothing turns red' };
  // What is red by itself notices nothing.
  const without = await widerWithout(group.wider);
  return without.green
    ? { group, breakage, caught: true, told: `${outcome.told} (in the wider tests)` }
    : { group, breakage, caught: false, told: `red without it, too: ${without.told}` };
}

function widerWithout(wider: string): Promise<Outcome> {
  const known = without.get(wider) ?? trial(WHOLE, wider, LONG_PATIENCE);
  without.set(wider, known);
  return known;
}

function messageOf(error: unknown): string {
  const { all } = error as { readonly all?: unknown };
  return typeof all === 'string' ? all.trim() : String(error);
}
