import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, FaultyServer } from '../../../adapters/cli/tour/faulty-server.ts';

export interface Place {
  readonly server: FaultyServer;
  /** A folder of its own. */
  readonly folder: string;
  /** `file` in that folder. */
  readonly file: string;
}

/** Runs a test with a server and an empty folder, and takes both away. */
export function withPlace(run: (place: Place) => Promise<void>): () => Promise<void> {
  return async () => {
    const server = await FaultyServer.listen();
    const folder = await mkdtemp(join(tmpdir(), 'download-'));
    try {
      await run({ server, folder, file: join(folder, 'file') });
    } finally {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** How many bytes of an unfinished download the next attempt can build on; 0 before it has begun. */
export async function keptBytes(file: string): Promise<number> {
  const record = await readFile(`${file}.part.json`, 'utf8').catch(() => '{"durable":0}');
  return JSON.parse(record).durable;
}

/** An end that comes when the bytes before it are in the part, so that a busy machine loses none of them. */
export function cutAt(after: number, file: string, kind: 'reset' | 'short' = 'reset'): Fault {
  const written = async () => (await stat(`${file}.part`).catch(() => undefined))?.size ?? 0;
  const once = async () => {
    while ((await written()) < after) await sleep(5);
  };
  return { kind, after, once };
}
