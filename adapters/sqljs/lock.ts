import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode, PersistenceError } from '../../services/errors.ts';
import { diskError, quietly } from './disk-error.ts';
import { isAlive, type LockEntry, processEntry, socketEntry } from './lock-entry.ts';

/**
 * One process at a time, without a lock that could be left behind.
 *
 * Every process puts an entry of its own, under a name that is never used again, into the lock folder, and only then looks at the others. An entry
 * whose process is gone is removed. If any other is alive, the newcomer withdraws. Of any two processes one published before the other looked, so
 * there are never two holders, however many race to follow a dead one; and since no entry is ever taken over, none can be taken from
 * a process that holds it.
 */
export interface StoreLock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** Where there are none, files with process numbers do. @default true, but on Windows */
  readonly sockets?: boolean;
}

/** Milliseconds that the first in line among several newcomers waits for the others to withdraw. */
const PATIENCE = 250;
const POLL = 10;
/** The folder may be removed by the last holder between two steps of ours. */
const TRIES = 20;

/** @throws PersistenceError with code STORE_LOCKED, naming the holder's process */
export async function acquireLock(folder: string, options: LockOptions = {}): Promise<StoreLock> {
  const entry = await publish(folder, options.sockets ?? process.platform !== 'win32');
  const release = async () => {
    await entry.release();
    quietly(() => rmdirSync(folder)); // fails while others have entries in it
  };
  try {
    await outlastOthers(folder, entry);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** The process that holds the lock, for people; looks only. */
export async function lockHolder(folder: string): Promise<number | undefined> {
  for (const name of entriesOf(folder)) if (await isAlive(folder, name)) return processOf(name);
  return undefined;
}

async function publish(folder: string, sockets: boolean): Promise<LockEntry> {
  for (let tries = 1; ; tries++) {
    const stem = `${randomBytes(6).toString('hex')}-${process.pid}`;
    try {
      mkdirSync(folder, { recursive: true });
      if (sockets) {
        try {
          return await socketEntry(folder, stem);
        } catch {
          rmSync(join(folder, `${stem}.new`), { force: true });
        }
      }
      return await processEntry(folder, stem);
    } catch (error) {
      const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!gone || tries === TRIES) throw diskError('the store can not be locked', folder, error);
    }
  }
}

/** Returns when no other entry is alive. Among newcomers the lowest name stays, and the others withdraw at once. */
async function outlastOthers(folder: string, entry: LockEntry): Promise<void> {
  let others = entriesOf(folder).filter(name => name !== entry.name);
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const alive: string[] = [];
    for (const name of others) {
      if (await isAlive(folder, name)) alive.push(name);
      else rmSync(join(folder, name), { force: true });
    }
    const [first] = alive;
    if (first === undefined) return;
    if (first < entry.name || performance.now() > deadline) throw locked(folder, first);
    others = alive;
    await sleep(POLL);
  }
}

function locked(folder: string, name: string): PersistenceError {
  const pid = processOf(name);
  const who = pid === process.pid ? 'this process already' : `process ${pid}`;
  const store = folder.replace(/\.lock$/, '');
  return new PersistenceError(
    `the store ${store} is in use by ${who}: only one at a time can have it open. Close it there first, or choose another path.`,
    { code: ErrorCode.STORE_LOCKED, details: { file: store, pid, entry: join(folder, name) } },
  );
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter(name => /^[0-9a-f]+-\d+\.(sock|pid)$/.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw diskError('the lock of the store can not be read', folder, error);
  }
}

function processOf(name: string): number {
  return Number(/-(\d+)\./.exec(name)?.[1]);
}
