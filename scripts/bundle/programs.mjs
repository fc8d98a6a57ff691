/** The programs that tests start over and over: `node scripts/bundle/programs.mjs <folder of the compiled tests>`. */
import { join } from 'node:path';
import { bundle, THREADS } from './bundle.mjs';

const PROGRAMS = [
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

// Like the tests themselves they have XState's development build, for its warnings.
await bundle([...PROGRAMS, ...THREADS], join(process.argv[2] ?? '.build', 'programs'), {
  conditions: ['development'],
});
