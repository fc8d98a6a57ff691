import { compare, ratio, tables } from '../comparison.ts';
import type { Section, Stage } from '../section.ts';
import { Subject } from '../subject.ts';

const OURS = 'xstate-recovery-memory';

/** Nothing survives the process: what the runtime costs by itself. */
export async function memory({ folder, quick, say }: Stage): Promise<Section> {
  const subjects: Subject[] = [];
  try {
    for (const name of [OURS, 'bare-actor', 'p-retry', 'cockatiel'] as const) {
      subjects.push(await Subject.start(name, { folder }));
    }
    const comparison = await compare(
      subjects,
      quick
        ? { concurrencies: [100], rounds: 1, milliseconds: 400 }
        : { concurrencies: [1, 100], rounds: 5, milliseconds: 1000 },
      say,
    );
    return {
      title: 'In memory',
      notes: [
        'MemoryPersistence keeps history and results of every operation; p-retry and cockatiel (a retry around a breaker) keep nothing and draw no chart.',
      ],
      tables: tables(comparison, OURS),
      targets: [
        {
          what: 'time of the bare actor, 100 at once',
          figure: 1 / ratio(comparison, 100, OURS, 'bare-actor'),
          unit: 'x',
          atMost: 1.5,
        },
      ],
    };
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}
