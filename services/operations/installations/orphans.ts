import { z } from 'zod';
import { readDurable, removeDurable } from './durable-file.ts';
import type { Place } from './place.ts';
import {
  environmentOf,
  everyPid,
  exists,
  isAlive,
  type ProcessIdentity,
  type ProcessLine,
  processLine,
} from './process-identity.ts';

/** A program that was let go, kept beside its staging folder until it has ended. */
export interface RunningProgram {
  readonly format: 1;
  readonly operationId: string;
  /** What it is, for people. */
  readonly command: string;
  /** The leader of its process group. */
  readonly leader: ProcessIdentity;
}

const schema = z.strictObject({
  format: z.literal(1),
  operationId: z.string(),
  command: z.string(),
  leader: z.strictObject({
    pid: z.int().positive(),
    began: z.string().nullable(),
    boot: z.string().nullable(),
  }),
});

/** Milliseconds between two looks at whether processes have gone. */
const LOOK = 20;
/** Milliseconds in which the system takes a killed process away. */
const TAKEN_AWAY = 2_000;

/** What every program of an operation, and all that it starts, has in its environment. */
export function markOf(place: Place, operationId: string): Readonly<Record<string, string>> {
  return {
    XSTATE_RECOVERY_OPERATION: operationId.replaceAll('\0', ''),
    XSTATE_RECOVERY_FOLDER: place.mark,
  };
}

/**
 * Ends the program that a process has left behind in a staging folder when it died, with all that it has started, and no other: its number alone
 * says nothing, since another may have it by now.
 *
 * On Linux the beginning of the process, the boot, and the marks in its environment must fit; those that bear the marks are found even where
 * the record is torn. Elsewhere the beginning must fit; on Windows, where nobody can tell it, nothing is ended.
 * @param operationId undefined where nobody knows it any more: then only the folder's mark counts
 * @param grace milliseconds between the request to end and the end
 */
export async function endOrphans(
  place: Place,
  operationId: string | undefined,
  grace: number,
): Promise<void> {
  const record = await readDurable(place.process, schema);
  if (record === undefined) return;
  const leader = record === 'torn' ? undefined : record.leader;
  const id = record === 'torn' ? operationId : record.operationId;
  const family = new Family(place, id, leader);
  await family.end(grace);
  await removeDurable(place.process);
}

/** Ends the processes of a group that its leader has left behind, and those that have left the group but bear the marks. */
export async function endFamily(
  place: Place,
  operationId: string,
  leader: ProcessIdentity,
  grace: number,
): Promise<void> {
  await new Family(place, operationId, leader, true).end(grace);
}

class Family {
  readonly #place: Place;
  readonly #operationId: string | undefined;
  readonly #leader: ProcessIdentity | undefined;
  /** Whether the group is known to be ours, since its leader was our child a moment ago. */
  readonly #certain: boolean;

  constructor(
    place: Place,
    operationId: string | undefined,
    leader: ProcessIdentity | undefined,
    certain = false,
  ) {
    this.#place = place;
    this.#operationId = operationId;
    this.#leader = leader;
    this.#certain = certain;
  }

  async end(grace: number): Promise<void> {
    if (await this.#ended('SIGTERM', grace)) return;
    await this.#ended('SIGKILL', TAKEN_AWAY);
  }

  /** Sends a signal to all of them, and waits until they have gone; false where they have not. */
  async #ended(signal: NodeJS.Signals, patience: number): Promise<boolean> {
    const until = performance.now() + patience;
    const sent = new Set<number>();
    for (;;) {
      const targets = await this.#targets();
      if (targets.length === 0) return true;
      for (const target of targets) {
        if (!sent.has(target)) send(target, signal);
        sent.add(target);
      }
      if (performance.now() > until) return false;
      await new Promise(resolve => setTimeout(resolve, LOOK));
    }
  }

  /** Numbers for `kill`: a group has a minus in front. */
  async #targets(): Promise<readonly number[]> {
    const marked = await this.#marked();
    const leader = this.#leader;
    if (leader === undefined) return marked.map(({ pid }) => pid);
    const group = leader.pid;
    const ours = marked.some(line => line.group === group) || (await this.#groupIsOurs(leader));
    const outside = marked.filter(line => !ours || line.group !== group).map(({ pid }) => pid);
    return ours ? [-group, ...outside] : outside;
  }

  async #groupIsOurs(leader: ProcessIdentity): Promise<boolean> {
    if (!exists(-leader.pid)) return false;
    if (process.platform === 'linux') {
      return this.#certain && (await hasLiving(leader.pid));
    }
    return this.#certain || (await isAlive(leader));
  }

  /** Processes that bear the marks. Linux only. */
  async #marked(): Promise<readonly ProcessLine[]> {
    const marks = Object.entries(markOf(this.#place, this.#operationId ?? ''))
      .filter(([name]) => this.#operationId !== undefined || !name.endsWith('_OPERATION'))
      .map(([name, value]) => `${name}=${value}`);
    const found: ProcessLine[] = [];
    for (const pid of await everyPid()) {
      if (pid === process.pid) continue;
      const environment = await environmentOf(pid);
      if (environment === undefined || !marks.every(mark => environment.has(mark))) continue;
      const line = await processLine(pid);
      if (line !== undefined && line.state !== 'Z') found.push(line);
    }
    return found;
  }
}

async function hasLiving(group: number): Promise<boolean> {
  for (const pid of await everyPid()) {
    const line = await processLine(pid);
    if (line !== undefined && line.group === group && line.state !== 'Z') return true;
  }
  return false;
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    // It has gone in the meantime, or has become somebody else's: then it is not ours to end.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
