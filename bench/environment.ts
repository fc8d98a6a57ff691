import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

const PEERS = [
  '@dbos-inc/dbos-sdk',
  'graphile-worker',
  'bullmq',
  'p-retry',
  'cockatiel',
  'opossum',
];
const OWN = ['xstate', 'sql.js'];

/** Processor, memory, system and Node.js in one line. */
export function describeMachine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${all.length} x ${all[0]?.model.trim() ?? 'processor'}, ${memory} GiB, ${type()} ${release()}, Node.js ${process.version}`;
}

/** How busy the machine is: above 1 or so, the figures say as much about the neighbours. */
export function describeLoad(): string {
  const [minute, five] = loadavg();
  return `load average ${minute?.toFixed(2)} (1 min), ${five?.toFixed(2)} (5 min)`;
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
