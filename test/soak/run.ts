/**
 * Random walks over everything that can happen, for as long as it is told, each held against what must always hold.
 *
 * Usage: npm run soak [-- --minutes 10] [--seed 1] [--shortenings 1000] [--walk '{"setup":…,"steps":[…]}']
 * A walk that ends badly is made as short as so many tries can make it, and printed; `--walk` plays it again.
 */
import { parseArgs } from 'node:util';
import { playWalk } from './support/play.ts';
import type { Setup, Step } from './support/steps.ts';
import { walk } from './support/walks.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    shortenings: { type: 'string', default: '1000' },
    walk: { type: 'string' },
  },
});

/** Walks from one seed, before the next. */
const BATCH = 20;

const minutes = Number(values.minutes);
const first = Number(values.seed ?? Date.now() % 1_000_000);
if (!(minutes > 0) || !Number.isInteger(first)) {
  console.error('--minutes must be a number above 0, --seed an integer');
  process.exit(2);
}
if (values.walk === undefined) await soak();
else await again(values.walk);

async function again(written: string): Promise<void> {
  const { setup, steps } = JSON.parse(written) as { setup: Setup; steps: Step[] };
  await playWalk(setup, steps);
  console.log(`${steps.length} steps, no invariant broken`);
}

async function soak(): Promise<void> {
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1_000;
  const walked = { walks: 0, steps: 0 };
  for (let seed = first; elapsed() < minutes * 60; seed++) {
    const failure = await walk({
      seed,
      walks: BATCH,
      walked,
      shortenings: Number(values.shortenings),
      onShortening: () => process.stderr.write('.'),
    });
    if (failure === undefined) continue;
    const { error, setup, steps } = failure;
    console.error(`\n${error instanceof Error ? error.stack : String(error)}`);
    console.error(`\nIt takes ${steps.length} steps:`);
    for (const step of steps) console.error(`  ${JSON.stringify(step)}`);
    console.error(`\nnpm run soak -- --walk '${JSON.stringify({ setup, steps })}'`);
    console.error(`${summary()}, seed ${seed}, an invariant is broken`);
    process.exit(1);
  }
  console.log(`${summary()}, seed ${first}, no invariant broken`);

  function summary(): string {
    const { walks, steps } = walked;
    const seconds = elapsed();
    const { user, system } = process.cpuUsage();
    const busy = (user + system) / 1_000_000;
    const perSecond = `${(steps / seconds).toFixed(0)} steps/s, ${(steps / busy).toFixed(0)} of CPU time`;
    return `${walks} walks, ${steps} steps, ${seconds.toFixed(0)} s (${perSecond})`;
  }
}
