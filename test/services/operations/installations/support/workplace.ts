import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workshop } from '../../../../../services/operations/installations/command.ts';
import {
  operationHash,
  type Place,
  placeBelow,
} from '../../../../../services/operations/installations/place.ts';
import { until } from '../../../../support/cli.ts';
import { recordingContext } from '../../../../support/operation-context.ts';

export interface Bench {
  readonly place: Place;
  readonly stop: AbortController;
  readonly told: string[];
  workshop(options?: Partial<Workshop>): Workshop;
}

/** Runs a test with an empty staging folder, in which programs may run. */
export function withBench(run: (bench: Bench) => Promise<void>): () => Promise<void> {
  return async () => {
    const root = await mkdtemp(join(tmpdir(), 'command-'));
    const place = placeBelow(root, 'node', operationHash('one'));
    await mkdir(place.staging);
    const stop = new AbortController();
    const told: string[] = [];
    try {
      await run({
        place,
        stop,
        told,
        workshop: options => ({
          place,
          operationId: 'one',
          signal: stop.signal,
          timeout: 60_000,
          grace: 200,
          log: recordingContext().log,
          told: line => told.push(line),
          ...options,
        }),
      });
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  };
}

/** The number that a program has written to a file. */
export async function writtenPid(file: string): Promise<number> {
  let pid = Number.NaN;
  await until(async () => {
    pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    return pid > 0;
  });
  return pid;
}

/** Whether a process is there and no corpse. */
export async function lives(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined ? process.platform !== 'linux' : !/\) [ZX] /.test(stat);
}
