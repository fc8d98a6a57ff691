/**
 * Runs the tests beside this file in Chromium.
 *
 * Usage: node --conditions development .build-browser/test/browser/run.js [pattern]
 * A pattern is a regular expression on the path below `test/browser/`.
 */
import { fileURLToPath } from 'node:url';
import { runTests } from '../support/run-tests.ts';
import { chromiumProblem } from './support/browser.ts';

const problem = chromiumProblem();
if (problem === undefined) {
  await runTests({
    folder: fileURLToPath(new URL('.', import.meta.url)),
    pattern: process.argv[2] ?? '',
    suiteTimeout: Number(process.env.SUITE_TIMEOUT_MS ?? 600_000),
    worker: new URL('./worker.js', import.meta.url),
    // Each has a browser of its own.
    workers: 2,
  });
} else {
  console.error(`✘ ${problem}`);
  process.exitCode = 1;
}
