import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../child.ts';
import type { ClientOrder, Downloaded } from '../download/client-process.ts';
import { runProgram, seesMemory } from '../download/program.ts';
import type { ServerOrder } from '../download/server-process.ts';
import { round } from '../report.ts';
import type { Section, Stage, Table } from '../section.ts';
import { median } from '../statistics.ts';

const run = promisify(execFile);
const LONGEST_MS = 300_000;
const MB = 1e6;
const GiB = 2 ** 30;
const KILLS = 20;
/** A file system in memory: there the disk is not what is measured. */
const IN_MEMORY = '/dev/shm';

/** One download beside curl, and one that is killed again and again. */
export async function download({ folder, quick, say }: Stage): Promise<Section> {
  const bytes = quick ? GiB / 4 : GiB;
  const places = [{ name: 'disk', path: folder }];
  if (existsSync(IN_MEMORY)) {
    places.unshift({ name: 'memory', path: await mkdtemp(join(IN_MEMORY, 'bench-')) });
  }
  try {
    const tables: Table[] = [];
    const shares = new Map<string, number>();
    for (const { name, path } of places) {
      const times = await besideCurl(path, bytes, quick ? 2 : 5, line => say(`${name}: ${line}`));
      tables.push({
        head: [`to ${name}`, 'MB/s', 'beside curl'],
        rows: WAYS.map(way => [
          way,
          round(bytes / MB / (median(times[way]) / 1000)),
          `${round(share(times, way, 'curl'))} x`,
        ]),
      });
      // Both leave the same behind: in memory there is nothing to sync.
      const theirs = name === 'memory' ? 'curl' : 'curl, then sync';
      shares.set(name, share(times, OURS, theirs));
      shares.set(`${name}, once more`, share(times, LATER, theirs));
    }
    const kills = await killed(folder, quick ? GiB / 2 : 2 * GiB, say);
    tables.push({
      head: [`killed ${KILLS} times`, 'fetched / size', 'peak MB', 'idle peak MB'],
      rows: kills.map(({ store, fetched, peak, idle }) => [
        store,
        `${round(fetched)} x`,
        round(peak),
        round(idle),
      ]),
    });
    return {
      title: 'Download',
      notes: [
        `A file of ${round(bytes / GiB)} GiB over the loopback from a server in a process of its own, to a file system in memory and to the disk; medians of turns that alternate, each behind
one that has taken as much memory and given it back. Ours is durable when it ends (its bytes and its name are synced) and its SHA-256 is taken; \`curl -o\` alone leaves its bytes to the system, so on the disk it is held against curl with a \`sync\` of the file behind it.`,
        `Killed: a file of ${round((quick ? GiB / 2 : 2 * GiB) / GiB)} GiB, \`SIGKILL\` at each ${round(100 / (KILLS + 1))} % of it, a new process each time. Fetched is what the server handed to its sockets. Idle is a process
that downloads one byte. The library runs from its modules in a process of the benchmark's, the program as it is packed.`,
      ],
      tables,
      targets: [
        ...[...shares].map(([name, figure]) => ({
          what: `beside curl, to ${name}${name.startsWith('disk') ? ' (both synced)' : ''}`,
          figure,
          unit: 'x' as const,
          atLeast: 0.8,
        })),
        {
          what: `fetched / size over ${KILLS} kills`,
          figure: Math.max(...kills.map(({ fetched }) => fetched)),
          unit: 'x',
          atMost: 1.05,
        },
        ...kills.map(({ store, peak }) => ({
          what: `peak memory over ${KILLS} kills, ${store}`,
          figure: peak,
          unit: 'MB' as const,
          atMost: 150,
        })),
      ],
    };
  } finally {
    for (const { name, path } of places) {
      if (name === 'memory') await rm(path, { recursive: true, force: true });
    }
  }
}

const OURS = 'xstate-recovery, with SHA-256';
const LATER = 'the same process, once more';
const PACKED = 'the program, with its store';
const WAYS = ['curl', 'curl, then sync', 'curl, then sha256sum', OURS, LATER] as const;
/** Milliseconds of each turn. */
type Times = Readonly<Record<(typeof WAYS)[number], number[]>>;

/** How fast one way is beside another: the median over the turns, each held against its neighbour in time. */
function share(times: Times, way: keyof Times, beside: keyof Times): number {
  return median(times[way].map((ms, turn) => (times[beside][turn] ?? Number.NaN) / ms));
}

async function besideCurl(
  path: string,
  bytes: number,
  turns: number,
  say: (line: string) => void,
): Promise<Times> {
  const server = new Child('server', new URL('../download/server-process.js', import.meta.url));
  const times: Times = {
    curl: [],
    'curl, then sync': [],
    'curl, then sha256sum': [],
    [OURS]: [],
    [LATER]: [],
  };
  try {
    const url = (await ask(server, { do: 'serve', bytes })) as string;
    const theirs = join(path, 'curl');
    const mine = join(path, 'ours');
    for (let turn = 0; turn < turns; turn += 1) {
      await rm(theirs, { force: true });
      await touchMemory(bytes);
      const begin = performance.now();
      await run('curl', ['--silent', '--fail', '--noproxy', '*', '--output', theirs, url]);
      const fetched = performance.now() - begin;
      times.curl.push(fetched);
      const syncing = performance.now();
      await run('sync', ['--data', theirs]);
      times['curl, then sync'].push(fetched + performance.now() - syncing);
      const hashing = performance.now();
      const { stdout } = await run('sha256sum', [theirs]);
      times['curl, then sha256sum'].push(fetched + performance.now() - hashing);
      await rm(theirs, { force: true });

      await touchMemory(bytes);
      const client = new Child('client', new URL('../download/client-process.js', import.meta.url));
      const order = { url, root: path, file: 'ours', sha256: stdout.slice(0, 64), again: true };
      const { milliseconds, later = Number.NaN } = (await client.ask(
        order,
        LONGEST_MS,
      )) as Downloaded;
      await client.end();
      await rm(mine, { force: true });
      times[OURS].push(milliseconds);
      times[LATER].push(later);
      say(`curl ${round(fetched)} ms, ours ${round(milliseconds)} ms, then ${round(later)} ms`);
    }
  } finally {
    server.kill();
  }
  return times;
}

/** Lets the host of a virtual machine give the memory that a file of this size will take: whoever took it first would wait for that. */
async function touchMemory(bytes: number): Promise<void> {
  await run(process.execPath, ['--eval', `Buffer.alloc(${bytes}, 1)`]);
}

interface Killed {
  readonly store: string;
  readonly fetched: number;
  readonly peak: number;
  readonly idle: number;
}

/** One life of a download. Gives the most memory that its process has had, in MB. */
type Live = (url: string, until: number | undefined) => Promise<number>;

async function killed(folder: string, bytes: number, say: (line: string) => void) {
  const results: Killed[] = [];
  for (const who of ['no store', 'sql.js store', ...(seesMemory ? [PACKED] : [])]) {
    const root = join(folder, who.replaceAll(/\W/g, '-'));
    await mkdir(root, { recursive: true });
    const store = join(root, 'recovery.db');
    const kept = who === 'no store' ? {} : { store };
    const lives = (file: string): Live =>
      who === PACKED
        ? (url, until) => runProgram({ url, root, file, store, ...(until && { until }) })
        : (url, until) => libraryLife({ url, root, file, ...kept, ...(until && { until }) });
    try {
      const { peak: idle } = await liveOn(1, 0, lives('small'));
      await rm(store, { force: true });
      const { peak, fetched } = await liveOn(bytes, KILLS, lives('file'));
      say(`${who}: fetched ${round(fetched)} x, peak ${round(peak)} MB`);
      results.push({ store: who, fetched, peak, idle });
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
  return results;
}

async function liveOn(bytes: number, kills: number, live: Live) {
  const server = new Child('server', new URL('../download/server-process.js', import.meta.url));
  try {
    const url = (await ask(server, { do: 'serve', bytes })) as string;
    let peak = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      peak = Math.max(peak, await live(url, (bytes * kill) / (kills + 1)));
    }
    peak = Math.max(peak, await live(url, undefined));
    return { peak, fetched: Number(await ask(server, { do: 'sent' })) / bytes };
  } finally {
    server.kill();
  }
}

async function libraryLife(order: ClientOrder): Promise<number> {
  const client = new Child('client', new URL('../download/client-process.js', import.meta.url));
  const { peak } = (await client.ask(order, LONGEST_MS)) as Downloaded;
  if (order.until === undefined) await client.end();
  else await client.killed();
  return peak;
}

const ask = (server: Child, order: ServerOrder): Promise<unknown> => server.ask(order, LONGEST_MS);
