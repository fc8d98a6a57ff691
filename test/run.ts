/**
 * Runs every compiled `*.test.js` under uvu, and fails where uvu 0.5.6 alone would pass:
 * a throwing hook, a thrown non-Error, a forgotten `run()`, a left-behind `only`,
 * an empty match, a leaked handle, a suite that never ends.
 *
 * Usage: node --conditions development .build/test/run.js [pattern]
 * The files are those beside this one; a pattern is a regular expression on the path below `test/`.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse } from 'uvu/parse';

type Result = [errors: string | true, passed: number, skipped: number, total: number];
type Runner = () => Promise<Result>;
type Group = [name: string | null, ...runners: Runner[]];
declare global {
  var UVU_DEFER: number | undefined;
  var UVU_INDEX: number | undefined;
  var UVU_QUEUE: Group[];
}

/** A suite that needs longer (real processes, many kills) exports `suiteTimeout` in milliseconds. */
const SUITE_TIMEOUT_MS = Number(process.env.SUITE_TIMEOUT_MS ?? 20_000);
const EXIT_GRACE_MS = 500;

globalThis.UVU_DEFER = 1; // before uvu loads: queue the suites instead of running them at once
const { exec } = await import('uvu');

const pattern = process.argv[2] ?? '';
const here = fileURLToPath(new URL('.', import.meta.url));
const { suites: files } = await parse(here, `(?:${pattern}).*\\.test\\.js$`);
const problems: string[] = files.length === 0 ? [`no test file matches "${pattern}"`] : [];
const totals = { passed: 0, failed: 0 };

for (const [index, { name, file }] of files.entries()) {
  const group: Group = [name];
  globalThis.UVU_QUEUE.push(group);
  globalThis.UVU_INDEX = index;
  const module = (await import(pathToFileURL(file).href)) as { suiteTimeout?: number };
  const runners = group.splice(1) as Runner[];
  if (runners.length === 0) problems.push(`${name}: no suite ran; is \`test.run()\` missing?`);
  const timeout = module.suiteTimeout ?? SUITE_TIMEOUT_MS;
  group.push(...runners.map(run => guarded(name, timeout, run)));
}

await exec(false);
for (const problem of problems) console.error(`✘ ${problem}`);
if (problems.length > 0) process.exitCode = 1;
console.log(`${totals.passed} passed, ${totals.failed + problems.length} failed`);

setTimeout(() => {
  console.error(
    `✘ still alive after the last test: ${process.getActiveResourcesInfo().join(', ')}`,
  );
  process.exit(1);
}, EXIT_GRACE_MS).unref();

function guarded(name: string, timeout: number, run: Runner): Runner {
  return async () => {
    const watchdog = setTimeout(() => {
      console.error(`\n✘ ${name}: a suite took longer than ${timeout} ms`);
      process.exit(1);
    }, timeout).unref();
    const [errors, passed, skipped, total] = await run().finally(() => clearTimeout(watchdog));
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
