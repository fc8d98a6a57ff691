/**
 * Runs the tests beside this file, those that need a browser aside: they have a runner of their own.
 *
 * Usage: node --conditions development .build/test/run.js [pattern] [--thorough]
 * A pattern is a regular expression on the path below `test/`. Without one, the arrows that are taken are counted, and each has to be.
 * With `--thorough` only those run that otherwise take a sample of what they have many of, and they take all.
 */
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { COVERAGE_FOLDER } from '../test-coverage.ts';
import { coverageProblems } from './support/coverage.ts';
import { runTests } from './support/run-tests.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { thorough: { type: 'boolean', default: false } },
});
const [pattern = ''] = positionals;
if (values.thorough) process.env.TEST_EXTENT = 'thorough';
const counts = pattern === '' && !values.thorough;
const coverage = fileURLToPath(new URL('../coverage/', import.meta.url));
if (counts) {
  await rm(coverage, { recursive: true, force: true });
  await mkdir(coverage);
  process.env[COVERAGE_FOLDER] = coverage;
}

await runTests({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  pattern,
  suiteTimeout: Number(process.env.SUITE_TIMEOUT_MS ?? 60_000),
  worker: new URL('./worker.js', import.meta.url),
  ...(values.thorough ? { text: /from '[./]+\/support\/extent\.js'/ } : {}),
  ...(counts ? { atEnd: () => coverageProblems(coverage) } : {}),
});
