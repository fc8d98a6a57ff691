import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inChild } from '../in-child.ts';
import { round } from '../report.ts';
import type { Section, Stage } from '../section.ts';
import { median } from '../statistics.ts';
import type { OpeningTimes } from '../store-process.ts';

/** Until everything that a crash left behind lives again. */
export async function opening({ folder, quick, say }: Stage): Promise<Section> {
  const amounts = { finished: 100_000, waiting: 5_000, running: 5_000 };
  const left = join(folder, 'left');
  await mkdir(left, { recursive: true });
  await inChild({ do: 'generate', path: join(left, 'recovery.db'), amounts, crash: true });
  const sizes = await Promise.all(
    (await readdir(left)).map(async name => ({ name, size: (await stat(join(left, name))).size })),
  );
  const megabytes = (match: (name: string) => boolean) =>
    round(sizes.reduce((sum, { name, size }) => sum + (match(name) ? size : 0), 0) / 1e6);
  const image = megabytes(name => name === 'recovery.db');
  const redo = megabytes(name => name.startsWith('recovery.db.redo'));
  say(`a store was left behind: image of ${image} MB, redo of ${redo} MB`);

  const times: OpeningTimes[] = [];
  for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
    const copy = join(folder, `copy-${turn}`);
    // The lock of the dead process stays behind; a socket can't be copied.
    await cp(left, copy, { recursive: true, filter: async path => !(await stat(path)).isSocket() });
    times.push((await inChild({ do: 'open', path: join(copy, 'recovery.db') })) as OpeningTimes);
    await rm(copy, { recursive: true, force: true });
  }
  const expected = amounts.waiting + amounts.running;
  for (const { live } of times) {
    if (live !== expected) throw new RangeError(`${live} live again, not ${expected}`);
  }
  const row = ({ open, resume, mainThread }: OpeningTimes, turn: number) => [
    String(turn + 1),
    `${round(open / 1000)} s`,
    `${round(resume / 1000)} s`,
    `${round((open + resume) / 1000)} s`,
    `${round(mainThread / 1000)} s`,
  ];
  return {
    title: 'Opening',
    notes: [
      `A store with 100,000 finished and 10,000 unfinished operations (half wait for a retry, half were amid an attempt), as kill -9 left it: image of ${image} MB,
redo of ${redo} MB. From \`createRecovery\` in a fresh process to the end of \`resume()\`, when all 10,000 are live.`,
    ],
    tables: [
      {
        head: ['opening', 'createRecovery', 'resume', 'both', 'main thread'],
        rows: times.map(row),
      },
    ],
    targets: [
      {
        what: 'all 10,000 live again (median)',
        figure: median(times.map(({ open, resume }) => (open + resume) / 1000)),
        unit: 's',
        atMost: 3,
      },
    ],
  };
}
