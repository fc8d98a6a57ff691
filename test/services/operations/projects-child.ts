/**
 * A launcher that is made to be killed: `projects-child.js <folder> <workflow> <catalogue> [delete | stay]`. It opens the store in the folder, goes on with what is there,
 * imports the workflow as "mine" under one and the same id, and prints a line when it has begun and one when it is done. `delete` deletes the project behind it; `stay`
 * prints a line when the project has got its name, and stays there for ever.
 */
import promises, { mkdir, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import { createRecovery } from '../../../create-recovery.ts';
import { createProjects, download } from '../../../operations.ts';
import type { OperationContext } from '../../../services/ports.ts';
import { FixedDelayStrategy } from '../../../services/strategies/index.ts';

const [folder = '', workflow = '', catalogue = '', afterwards = ''] = process.argv.slice(2);

if (afterwards === 'stay') {
  const { rename } = promises;
  promises.rename = async (from, to) => {
    await rename(from, to);
    if (to !== join(folder, 'projects', 'mine')) return;
    process.stdout.write('named\n');
    await new Promise(() => setInterval(() => undefined, 1_000));
  };
  syncBuiltinESMExports();
}
const recovery = await createRecovery({
  persistence: new SqlJsPersistence({ path: join(folder, 'recovery.db') }),
  strategy: new FixedDelayStrategy({ delay: 20 }),
  maxInterruptions: 1_000,
  env: {},
});
interface Order {
  readonly repository: string;
  readonly ref?: string;
  readonly name?: string;
}
const install = recovery.operation(
  'install',
  async ({ name = '', ref }: Order, op: OperationContext) =>
    op.step('clone', async () => {
      await mkdir(join(folder, 'nodes', name), { recursive: true });
      await writeFile(join(folder, 'nodes', name, '__init__.py'), '');
      return { commit: ref ?? 'a'.repeat(40) };
    }),
);
const projects = createProjects(recovery, {
  root: join(folder, 'projects'),
  models: join(folder, 'models'),
  nodes: join(folder, 'nodes'),
  catalogue,
  download: recovery.operation('download', download, { maxRetries: 100 }),
  install,
});
await recovery.resume();
const input = { name: 'mine', file: workflow };
const handle = await projects.import.start(input, { id: 'import-1' });
process.stdout.write('begun\n');
await handle.result();
if (afterwards === 'delete') {
  const deleting = await projects.delete.start({ name: 'mine', models: true }, { id: 'delete-1' });
  process.stdout.write('deleting\n');
  await deleting.result();
}
process.stdout.write('done\n');
await recovery.close();
