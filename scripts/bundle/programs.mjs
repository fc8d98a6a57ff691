/** The programs that tests start over and over: `node scripts/bundle/programs.mjs <folder of the compiled tests>`. */
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { bundle, THREADS } from './bundle.mjs';

const PROGRAMS = [
  'examples/app-machine.ts',
  'examples/explain.ts',
  'examples/streams.ts',
  'test/adapters/socketio/support/server-program.ts',
  'test/adapters/sqljs/support/holder.ts',
  'test/crash/undo-program.ts',
  'test/crash/worker-program.ts',
  'test/scenarios/life.ts',
  'test/services/operations/download-child.ts',
  'test/services/operations/downloads-child.ts',
  'test/services/operations/installations/support/install-program.ts',
  'test/services/operations/projects-child.ts',
];

const build = process.argv[2] ?? '.build';
const folder = join(build, 'programs');

// Like the tests themselves they have XState's development build, for its warnings.
await bundle([...PROGRAMS, ...THREADS], folder, { conditions: ['development'] });

// The stores of the tests' own processes start as many threads.
for (const thread of THREADS) {
  const compiled = join(build, thread.replace(/\.ts$/, '.js'));
  const bundled = join(relative(dirname(compiled), folder), basename(compiled));
  await writeFile(compiled, `import '${bundled.replaceAll('\\', '/')}';\n`);
}
