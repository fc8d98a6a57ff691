import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';

/** One process's entry in a lock folder. Its kind is the end of its name. */
export interface LockEntry {
  readonly name: string;
  release(): Promise<void>;
}

/** Room in a socket's address, with some to spare: 108 bytes on Linux, 104 on macOS. */
const LONGEST_ADDRESS = 100;

/**
 * An entry that the kernel ends with its process: a listening socket in the folder. It needs no cooperation from a busy or stopped
 * process, does not mind that process numbers are used again, and works between containers that share the folder.
 */
export async function socketEntry(folder: string, stem: string): Promise<LockEntry> {
  const name = `${stem}.sock`;
  const server = createServer(socket => socket.destroy());
  await atShortAddress(
    folder,
    `${stem}.new`,
    path =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ path, exclusive: true }, resolve);
      }),
  );
  server.unref();
  try {
    renameSync(join(folder, `${stem}.new`), join(folder, name)); // listening by now: nobody takes it for dead
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    name,
    async release() {
      rmSync(join(folder, name), { force: true });
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

/** For file systems and platforms without such sockets: a file that says which process made it. */
export async function processEntry(folder: string, stem: string): Promise<LockEntry> {
  const name = `${stem}.pid`;
  const temporary = join(folder, `${stem}.new`);
  writeFileSync(temporary, JSON.stringify(identityOf(process.pid)), { flag: 'wx' });
  renameSync(temporary, join(folder, name));
  return {
    name,
    async release() {
      rmSync(join(folder, name), { force: true });
    },
  };
}

/** Whether the process of an entry may still be running. In doubt it is. */
export function isAlive(folder: string, name: string): Promise<boolean> {
  return name.endsWith('.pid') ? Promise.resolve(isRunning(folder, name)) : answers(folder, name);
}

function answers(folder: string, name: string): Promise<boolean> {
  return atShortAddress(
    folder,
    name,
    path =>
      new Promise<boolean>(resolve => {
        const socket = connect({ path });
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', (error: NodeJS.ErrnoException) => {
          resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
        });
      }),
  );
}

/** Calls `fn` with a name of the entry that fits into a socket's address. */
async function atShortAddress<T>(
  folder: string,
  name: string,
  fn: (path: string) => Promise<T>,
): Promise<T> {
  const names = [join(folder, name), relative(process.cwd(), join(folder, name))];
  const short = names.find(path => Buffer.byteLength(path) <= LONGEST_ADDRESS);
  if (short !== undefined || process.platform !== 'linux') return fn(short ?? join(folder, name));
  const fd = openSync(folder, 'r');
  try {
    return await fn(`/proc/self/fd/${fd}/${name}`);
  } finally {
    closeSync(fd);
  }
}

interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Changes with each start of the machine, where the platform tells. */
  readonly boot: string | null;
  /** When the process began, in the platform's ticks: a number that is used again has another. */
  readonly began: string | null;
}

function isRunning(folder: string, name: string): boolean {
  let entry: ProcessIdentity;
  try {
    entry = JSON.parse(readFileSync(join(folder, name), 'utf8')) as ProcessIdentity;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError);
  }
  const now = identityOf(entry.pid);
  if (entry.host !== now.host) return true;
  if (entry.boot !== now.boot) return false;
  try {
    process.kill(entry.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return entry.began === null || now.began === null || entry.began === now.began;
}

function identityOf(pid: number): ProcessIdentity {
  const boot = readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
  const stat = readOrNull(`/proc/${pid}/stat`);
  // the process's name stands in brackets and may hold anything; the start time is the 20th field behind it
  const began = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  return { pid, host: hostname(), boot, began };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
