/** Runs the tests of a folder: `run-folder.js <folder> <milliseconds that a suite may take>`. */
import { runTests } from './run-tests.ts';

const [folder = '', suiteTimeout] = process.argv.slice(2);
await runTests({
  folder,
  pattern: '',
  suiteTimeout: Number(suiteTimeout),
  worker: new URL('../worker.js', import.meta.url),
});
