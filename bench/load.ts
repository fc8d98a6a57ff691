import { statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SqlJsPersistence } from '../adapters/sqljs/index.ts';
import { createRecovery } from '../index.ts';
import { closedLoop } from './closed-loop.ts';

export interface LoadOrder {
  readonly path: string;
  readonly concurrency: number;
  readonly milliseconds: number;
  readonly checkpoints: boolean;
}

/** What the event loop felt. Delays in milliseconds, the histogram's resolution included. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly rate: number;
  /** New images of the store that were put in place meanwhile. */
  readonly checkpoints: number;
  /** Bytes of the image at the end. */
  readonly bytes: number;
}

export const RESOLUTION_MS = 1;
const WARM_UP_MS = 1_000;

/** Runs operations on a store and watches the event loop. */
export async function load(order: LoadOrder): Promise<LoopDelay> {
  const { path, concurrency, milliseconds } = order;
  const persistence = new SqlJsPersistence(
    order.checkpoints
      ? { path, checkpointInterval: 1_000 }
      : { path, checkpointInterval: 0, checkpointBytes: Number.MAX_SAFE_INTEGER },
  );
  const recovery = await createRecovery({ persistence });
  const definition = recovery.operation('loaded', async (x: number) => x);
  const calls = {
    setup: async () => {},
    call: (input: number) => definition.run(input),
    teardown: async () => {},
  };
  await closedLoop(calls, concurrency, WARM_UP_MS);
  const images = watchImage(path);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const round = await closedLoop(calls, concurrency, milliseconds);
  delay.disable();
  const checkpoints = images.stop();
  const bytes = statSync(path).size;
  await recovery.close();
  return {
    p50: delay.percentile(50) / 1e6,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
    rate: round.calls / round.seconds,
    checkpoints,
    bytes,
  };
}

/** Counts how often another file takes the image's place. */
function watchImage(path: string): { stop(): number } {
  let count = 0;
  let last = statSync(path).ino;
  const look = () => {
    const { ino, mtimeMs } = statSync(path);
    const now = ino + mtimeMs;
    if (now !== last) count++;
    last = now;
  };
  look();
  count = 0;
  const timer = setInterval(look, 50);
  return {
    stop() {
      clearInterval(timer);
      look();
      return count;
    },
  };
}
