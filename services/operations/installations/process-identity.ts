import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process, and not another one that has got its number since. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the system's own words: ticks since the boot (Linux), a date (macOS, BSD); `null` where nobody can tell. */
  readonly began: string | null;
  /** Which boot of the machine that was; `null` where nobody can tell. */
  readonly boot: string | null;
}

/** A line of Linux's list of processes, as far as it is used. */
export interface ProcessLine {
  readonly pid: number;
  /** `Z` is a dead one that nobody has asked after yet. */
  readonly state: string;
  readonly group: number;
  readonly began: string;
}

const run = promisify(execFile);
const linux = process.platform === 'linux';

/** The process that has this number now; undefined where there is none, or only its remains. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  if (linux) {
    const line = await processLine(pid);
    if (line === undefined || line.state === 'Z') return undefined;
    return { pid, began: line.began, boot: await bootId() };
  }
  if (!exists(pid)) return undefined;
  return { pid, began: process.platform === 'win32' ? null : await startDate(pid), boot: null };
}

/** Whether that very process is alive. Where nobody can tell when a process began, it is taken for another one. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identityOf(identity.pid);
  return (
    now !== undefined &&
    now.began !== null &&
    now.began === identity.began &&
    now.boot === identity.boot
  );
}

/** Every process that this one may look at. Linux only; elsewhere none. */
export async function everyPid(): Promise<readonly number[]> {
  if (!linux) return [];
  const names = await readdir('/proc');
  return names.filter(name => /^\d+$/.test(name)).map(Number);
}

export async function processLine(pid: number): Promise<ProcessLine | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in the brackets may be anything, brackets and spaces included.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields ?? [];
  const began = fields?.[19];
  if (state === undefined || group === undefined || began === undefined) return undefined;
  return { pid, state, group: Number(group), began };
}

/** The environment that a process was started with; undefined where it cannot be seen. */
export async function environmentOf(pid: number): Promise<ReadonlySet<string> | undefined> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => undefined);
  return text === undefined || text === '' ? undefined : new Set(text.split('\0'));
}

let boot: Promise<string | null> | undefined;

function bootId(): Promise<string | null> {
  boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    text => text.trim(),
    () => null,
  );
  return boot;
}

async function startDate(pid: number): Promise<string | null> {
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], { env });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** Whether a process, or with a negative number a group, is there. One that belongs to somebody else is. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
