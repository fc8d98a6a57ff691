/**
 * Runs the tests beside this file, those that need a browser aside: they have a runner of their own.
 *
 * Usage: node --conditions development .build/test/run.js [pattern]
 * A pattern is a regular expression on the path below `test/`.
 */
import { fileURLToPath } from 'node:url';
import { runTests } from './support/run-tests.ts';

await runTests({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  pattern: process.argv[2] ?? '',
  suiteTimeout: Number(process.env.SUITE_TIMEOUT_MS ?? 60_000),
  worker: new URL('./worker.js', import.meta.url),
});
