import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

const PEERS = ['@dbos-inc/dbos-sdk', 'graphile-worker', 'bullmq', 'p-retry', 'cockatiel'];
const OWN = ['xstate', 'sql.js'];

/** Processor, memory, system and Node.js in one line. */
export function describeMachine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${all.length} x ${all[0]?.model.trim() ?? 'processor'}, ${memory} GiB, ${type()} ${release()}, Node.js ${process.version}`;
}

/** What was measured, as installed: `name version`. */
export async function versions(bench: string): Promise<readonly string[]> {
  const root = join(bench, '..');
  const line = async (folder: string) => {
    const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return `${name} ${version}`;
  };
  return Promise.all([
    line(root),
    ...OWN.map(name => line(join(root, 'node_modules', name))),
    ...PEERS.map(name => line(join(bench, 'node_modules', name))),
  ]);
}
