import { pathToFileURL } from 'node:url';
import { type Counts, END_OF_FILE, type TestFile } from './test-worker.ts';

type Result = [errors: string | true, passed: number, skipped: number, total: number];
type Runner = () => Promise<Result>;
type Group = [name: string | null, ...runners: Runner[]];
declare global {
  var UVU_DEFER: number | undefined;
  var UVU_INDEX: number | undefined;
  var UVU_QUEUE: Group[];
}

/** Milliseconds that what was left behind may live on. */
const EXIT_GRACE_MS = 500;

/**
 * Runs the test files that this process is told, one after the other.
 * @param end takes away what the suites had in common
 */
export async function serveTests(end: () => Promise<void> = async () => {}): Promise<void> {
  globalThis.UVU_DEFER = 1; // before uvu loads: queue the suites instead of running them at once
  const { exec } = await import('uvu');
  process.on('message', (file: TestFile) => {
    runFile(file, exec).then(
      counts => {
        process.stdout.write(END_OF_FILE);
        process.send?.(counts);
      },
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.once('disconnect', async () => {
    await end();
    setTimeout(() => {
      console.error(
        `✘ still alive after the last test: ${process.getActiveResourcesInfo().join(', ')}`,
      );
      process.exit(1);
    }, EXIT_GRACE_MS).unref();
  });
}

async function runFile(
  { name, file, suiteTimeout }: TestFile,
  exec: (bail?: boolean) => Promise<void>,
): Promise<Counts> {
  const totals = { passed: 0, failed: 0 };
  const problems: string[] = [];
  const group: Group = [name];
  globalThis.UVU_QUEUE.length = 0;
  globalThis.UVU_QUEUE.push(group);
  globalThis.UVU_INDEX = 0;
  await import(pathToFileURL(file).href);
  const runners = group.splice(1) as Runner[];
  if (runners.length === 0) problems.push(`${name}: no suite ran; is \`test.run()\` missing?`);
  group.push(...runners.map(suite => guarded(suite)));
  await exec(false);
  // Tests that fail are counted; how this process ends tells what it left behind.
  process.exitCode = 0;
  return { ...totals, problems };

  function guarded(suite: Runner): Runner {
    return async () => {
      const watchdog = setTimeout(() => {
        console.error(`\n✘ ${name}: a suite took longer than ${suiteTimeout} ms`);
        process.exit(1);
      }, suiteTimeout).unref();
      const [errors, passed, skipped, total] = await suite().finally(() => clearTimeout(watchdog));
      totals.passed += passed;
      totals.failed += total - passed - (errors === true ? total - passed : 0);
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
