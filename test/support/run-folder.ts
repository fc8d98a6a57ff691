/** Runs the tests of a folder: `run-folder.js <folder> <milliseconds that a suite may take>`. The arrows that they take count where RECOVERY_COVERAGE says so. */
import { COVERAGE_FOLDER } from '../../test-coverage.ts';
import { coverageProblems } from './coverage.ts';
import { runTests } from './run-tests.ts';

const [folder = '', suiteTimeout] = process.argv.slice(2);
const coverage = process.env[COVERAGE_FOLDER];
await runTests({
  folder,
  pattern: '',
  suiteTimeout: Number(suiteTimeout),
  worker: new URL('../worker.js', import.meta.url),
  ...(coverage ? { atEnd: () => coverageProblems(coverage) } : {}),
});
