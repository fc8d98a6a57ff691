import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** As it is packed: `npm run build` makes it. */
const PROGRAM = fileURLToPath(new URL('../../../../dist/cli/bin.js', import.meta.url));
const LOOK_MS = 5;
/** Bytes of a block, whatever the file system's are. */
const BLOCK = 512;

export interface ProgramOrder {
  readonly url: string;
  readonly root: string;
  readonly file: string;
  readonly store: string;
  /** Killed as soon as so many bytes are on the disk. */
  readonly until?: number;
}

/** Where it can be seen from outside how much memory a process has had. */
export const seesMemory = existsSync('/proc/self/status');

/** Downloads with the command line's program. Gives the most memory that it has had, in MB. */
export async function runProgram(order: ProgramOrder): Promise<number> {
  if (!existsSync(PROGRAM)) throw new TypeError(`${PROGRAM} is missing: run "npm run build" first`);
  const { url, root, file, store, until = Number.POSITIVE_INFINITY } = order;
  const args = [PROGRAM, 'download', url, file, '--id', 'download', '--store', store];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  let peak = 0;
  while (isAlive(child)) {
    peak = Math.max(peak, await memoryOf(child.pid));
    if ((await onDisk(join(root, `${file}.part`))) >= until) child.kill('SIGKILL');
    await sleep(LOOK_MS);
  }
  const [code] = (await ended) as [number | null];
  if (until === Number.POSITIVE_INFINITY && code !== 0) {
    throw new TypeError(`the program ended with exit code ${code}`);
  }
  return peak;
}

const isAlive = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode === null && signalCode === null;

async function memoryOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

const onDisk = (path: string): Promise<number> =>
  stat(path).then(
    ({ blocks }) => blocks * BLOCK,
    () => 0,
  );
