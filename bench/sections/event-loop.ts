import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inChild } from '../in-child.ts';
import { type LoopDelay, RESOLUTION_MS } from '../load.ts';
import { round } from '../report.ts';
import type { Section, Stage } from '../section.ts';

/** About a hundred megabytes of image. */
const FINISHED = 60_000;

/** What checkpoints of a big store do to the event loop. */
export async function eventLoop({ folder, quick, say }: Stage): Promise<Section> {
  const store = join(folder, 'recovery.db');
  await mkdir(folder, { recursive: true });
  const amounts = { finished: FINISHED, waiting: 0, running: 0 };
  await inChild({ do: 'generate', path: store, amounts, crash: false });
  const rows: { concurrency: number; checkpoints: boolean; delay: LoopDelay }[] = [];
  for (const concurrency of [10, 100]) {
    for (const checkpoints of [false, true]) {
      const milliseconds = quick ? 3_000 : 10_000;
      // Each load begins with the same store, since all of them make it grow.
      const place = join(folder, `${concurrency} ${checkpoints}`);
      const path = join(place, 'recovery.db');
      await mkdir(place);
      await cp(store, path);
      const order = { do: 'load', path, concurrency, milliseconds, checkpoints } as const;
      const delay = (await inChild(order)) as LoopDelay;
      rows.push({ concurrency, checkpoints, delay });
      await rm(place, { recursive: true });
      say(`${concurrency} at once, ${delay.checkpoints} checkpoints: p99 ${round(delay.p99)} ms`);
    }
  }
  return {
    title: 'Event loop',
    notes: [
      `Delay of the main thread's event loop while operations run on a store of 100 MB and more that writes a new image as often as it can (\`checkpointInterval\` of 1 s);
beside it the same load without checkpoints. \`monitorEventLoopDelay\` with a resolution of ${RESOLUTION_MS} ms, which each figure includes.`,
    ],
    tables: [
      {
        head: ['load', 'checkpoints', 'image MB', 'operations/s', 'p50 ms', 'p99 ms', 'max ms'],
        rows: rows.map(({ concurrency, delay }) => [
          `${concurrency} at once`,
          String(delay.checkpoints),
          round(delay.bytes / 1e6),
          round(delay.rate),
          round(delay.p50),
          round(delay.p99),
          round(delay.max),
        ]),
      },
    ],
    targets: rows
      .filter(({ checkpoints }) => checkpoints)
      .map(({ concurrency, delay }) => ({
        what: `p99 with checkpoints, ${concurrency} at once`,
        // Without a checkpoint meanwhile the figure says nothing.
        figure: delay.checkpoints > 0 ? delay.p99 : Number.NaN,
        unit: 'ms',
        atMost: 20,
      })),
  };
}
