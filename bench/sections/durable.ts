import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Comparison, compare, ratio, tables } from '../comparison.ts';
import type { ContenderName } from '../contender.ts';
import type { Section, Stage, Target } from '../section.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis } from '../servers/redis.ts';
import { Subject } from '../subject.ts';

const OURS = 'xstate-recovery';
const PEERS = ['dbos', 'graphile-worker', 'bullmq'] as const;

/** Start and result acknowledged, both on disk. */
export async function durable({ folder, quick, say }: Stage): Promise<Section> {
  const postgres = await startPostgres(join(folder, 'postgres'));
  const redis = await startRedis(join(folder, 'redis'));
  const subjects: Subject[] = [];
  try {
    say(postgres.description);
    say(redis?.description ?? 'no redis-server on the PATH: BullMQ is left out');
    const peers = PEERS.filter(name => name !== 'bullmq' || redis !== undefined);
    for (const name of [OURS, 'bare-actor', ...peers] as const) {
      const own = join(folder, name);
      await mkdir(own, { recursive: true });
      const place = {
        folder: own,
        ...(name === 'dbos' || name === 'graphile-worker'
          ? { postgresUrl: await postgres.database(name.replace('-', '_')) }
          : {}),
        ...(redis === undefined ? {} : { redisPort: redis.port }),
      };
      subjects.push(await Subject.start(name, place));
    }
    const concurrencies = [1, 10, 100, 1000];
    const comparison = await compare(
      subjects,
      quick
        ? { concurrencies, rounds: 1, milliseconds: 400 }
        : { concurrencies, rounds: 5, milliseconds: 1000 },
      say,
    );
    return {
      title: 'Durable',
      notes: [
        `\`async x => x\`, called with \`definition.run(i)\`: start and result are on disk before the caller hears of them. The bare actor is the same two
charts in memory, without a runtime and by XState's own interpreter; ours plays them with their transitions worked out once (services/interpreter). ${postgres.description}. ${redis?.description ?? 'No redis-server on the PATH, so no BullMQ'}.`,
        'graphile-worker tells of completion before the database knows of it; DBOS and BullMQ tell after. Their settings stand in bench/contenders/.',
      ],
      tables: tables(comparison, OURS),
      targets: targets(comparison, peers),
    };
  } finally {
    for (const subject of subjects) await subject.stop();
    await redis?.stop();
    await postgres.stop();
  }
}

function targets(comparison: Comparison, peers: readonly ContenderName[]): readonly Target[] {
  const p50 = (name: ContenderName) => comparison.get(1)?.get(name)?.p50 ?? Number.NaN;
  const against = (what: string, other: ContenderName, atLeast: number): Target => ({
    what,
    figure: ratio(comparison, 100, OURS, other),
    unit: 'x',
    atLeast,
  });
  return [
    against('DBOS, 100 at once', 'dbos', 8),
    ...(peers.includes('bullmq')
      ? [against('BullMQ (appendfsync always), 100 at once', 'bullmq', 5)]
      : []),
    against('the bare actor, 100 at once', 'bare-actor', 0.65),
    {
      what: "p50, 1 at once, of the best peer's",
      figure: p50(OURS) / Math.min(...peers.map(p50)),
      unit: 'x',
      atMost: 0.6,
    },
  ];
}
