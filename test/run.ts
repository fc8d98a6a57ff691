/**
 * Runs the tests beside this file, those that need a browser aside: they have a runner of their own.
 *
 * Usage: node --conditions development .build/test/run.js [pattern]
 * A pattern is a regular expression on the path below `test/`. Without one, the arrows that are taken are counted, and each has to be.
 */
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { COVERAGE_FOLDER } from '../test-coverage.ts';
import { coverageProblems } from './support/coverage.ts';
import { runTests } from './support/run-tests.ts';

const pattern = process.argv[2] ?? '';
const coverage = fileURLToPath(new URL('../coverage/', import.meta.url));
if (pattern === '') {
  await rm(coverage, { recursive: true, force: true });
  await mkdir(coverage);
  process.env[COVERAGE_FOLDER] = coverage;
}

await runTests({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  pattern,
  suiteTimeout: Number(process.env.SUITE_TIMEOUT_MS ?? 60_000),
  worker: new URL('./worker.js', import.meta.url),
  ...(pattern === '' ? { atEnd: () => coverageProblems(coverage) } : {}),
});
