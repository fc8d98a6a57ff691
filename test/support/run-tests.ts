import { pathToFileURL } from 'node:url';
import { parse } from 'uvu/parse';

type Result = [errors: string | true, passed: number, skipped: number, total: number];
type Runner = () => Promise<Result>;
type Group = [name: string | null, ...runners: Runner[]];
declare global {
  var UVU_DEFER: number | undefined;
  var UVU_INDEX: number | undefined;
  var UVU_QUEUE: Group[];
}

export interface TestRun {
  /** Where the compiled test files are, folders in it included. */
  readonly folder: string;
  /** A regular expression on the path below the folder. */
  readonly pattern: string;
  /** Milliseconds that a suite may take. One that needs longer (real processes, many kills) exports `suiteTimeout`. */
  readonly suiteTimeout: number;
  /** Takes away what the suites had in common. */
  readonly end?: () => Promise<void>;
}

const EXIT_GRACE_MS = 500;

/**
 * Runs every compiled `*.test.js` of a folder under uvu, and fails where uvu 0.5.6 alone would pass:
 * a throwing hook, a thrown non-Error, a forgotten `run()`, a left-behind `only`,
 * an empty match, a leaked handle, a suite that never ends. The last line counts the tests.
 */
export async function runTests(run: TestRun): Promise<void> {
  globalThis.UVU_DEFER = 1; // before uvu loads: queue the suites instead of running them at once
  const { exec } = await import('uvu');
  const { suites: files } = await parse(run.folder, `(?:${run.pattern}).*\\.test\\.js$`);
  const problems: string[] = files.length === 0 ? [`no test file matches "${run.pattern}"`] : [];
  const totals = { passed: 0, failed: 0 };

  for (const [index, { name, file }] of files.entries()) {
    const group: Group = [name];
    globalThis.UVU_QUEUE.push(group);
    globalThis.UVU_INDEX = index;
    const module = (await import(pathToFileURL(file).href)) as { suiteTimeout?: number };
    const runners = group.splice(1) as Runner[];
    if (runners.length === 0) problems.push(`${name}: no suite ran; is \`test.run()\` missing?`);
    const timeout = module.suiteTimeout ?? run.suiteTimeout;
    group.push(...runners.map(suite => guarded(name, timeout, suite)));
  }

  await exec(false);
  await run.end?.();
  for (const problem of problems) console.error(`✘ ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  console.log(`${totals.passed} passed, ${totals.failed + problems.length} failed`);

  setTimeout(() => {
    console.error(
      `✘ still alive after the last test: ${process.getActiveResourcesInfo().join(', ')}`,
    );
    process.exit(1);
  }, EXIT_GRACE_MS).unref();

  function guarded(name: string, timeout: number, suite: Runner): Runner {
    return async () => {
      const watchdog = setTimeout(() => {
        console.error(`\n✘ ${name}: a suite took longer than ${timeout} ms`);
        process.exit(1);
      }, timeout).unref();
      const [errors, passed, skipped, total] = await suite().finally(() => clearTimeout(watchdog));
      totals.passed += passed;
      totals.failed += total - passed - skipped;
      if (errors === true && passed !== total) {
        problems.push(
          `${name}: ${total - passed} of ${total} tests did not pass; a hook threw, or a test threw a non-Error`,
        );
      }
      if (process.env.CI && skipped > 0) problems.push(`${name}: ${skipped} skipped test(s) in CI`);
      return [errors, passed, skipped, total];
    };
  }
}
