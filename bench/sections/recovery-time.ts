import { SimulatedClock, seededRandom } from '../../adapters/testing/index.ts';
import { createRecovery, MemoryPersistence } from '../../index.ts';
import { round } from '../report.ts';
import type { Section, Stage } from '../section.ts';

const OPERATIONS = 1_000;
const FAILING = 0.3;
/** Simulated; enough for an open breaker to close again several times. */
const LONGEST_MS = 3_600_000;

interface Outcome {
  readonly succeeded: number;
  readonly recovered: number;
  /** Simulated milliseconds from the first failure to success, of those that recovered. */
  readonly average: number;
  readonly trips: number;
}

/** Many operations with transient errors, on a simulated clock. */
export async function recoveryTime({ say }: Stage): Promise<Section> {
  const own = await run(input => `host-${input}`);
  const shared = await run();
  say(`own breakers: ${own.succeeded} of ${OPERATIONS} succeeded`);
  const row = (what: string, { succeeded, recovered, average, trips }: Outcome) => [
    what,
    `${round((100 * succeeded) / OPERATIONS)} %`,
    round(recovered),
    `${round(average / 1000)} s`,
    round(trips),
  ];
  return {
    title: 'Recovery',
    notes: [
      `${OPERATIONS} operations at once, ${FAILING * 100} % of their attempts failing with ECONNRESET, default policy, simulated clock. Each operation has a host of its
own for its breaker's key. With one key for all, the default breaker sees five failures in a row sooner or later, opens as it should, and refuses the rest.`,
    ],
    tables: [
      {
        head: ['breaker', 'succeeded', 'recovered', 'average recovery', 'trips'],
        rows: [row('a key for each', own), row('one key for all', shared)],
      },
    ],
    targets: [
      { what: 'average recovery', figure: own.average / 1000, unit: 's', atMost: 5 },
      {
        what: 'succeeded',
        figure: (100 * own.succeeded) / OPERATIONS,
        unit: '%',
        atLeast: 95,
      },
    ],
  };
}

async function run(breaker?: (input: number) => string): Promise<Outcome> {
  const clock = new SimulatedClock();
  const random = seededRandom(1);
  const recovery = await createRecovery({
    persistence: new MemoryPersistence(),
    clock,
    random: seededRandom(2),
  });
  const failedAt = new Map<number, number>();
  const recovered: number[] = [];
  const definition = recovery.operation(
    'flaky',
    async (input: number) => {
      if (random() < FAILING) {
        if (!failedAt.has(input)) failedAt.set(input, clock.now());
        throw Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
      }
      const since = failedAt.get(input);
      if (since !== undefined) recovered.push(clock.now() - since);
    },
    breaker === undefined ? {} : { breaker },
  );
  let ended = false;
  const all = Promise.allSettled(
    Array.from({ length: OPERATIONS }, (_, input) => definition.run(input)),
  ).finally(() => {
    ended = true;
  });
  for (let at = 0; !ended && at < LONGEST_MS; at += 1_000) await clock.advance(1_000);
  if (!ended) throw new RangeError('the operations did not end');
  const settled = await all;
  const { breakerTrips } = recovery.metrics;
  await recovery.close();
  return {
    succeeded: settled.filter(({ status }) => status === 'fulfilled').length,
    recovered: recovered.length,
    average: recovered.reduce((sum, span) => sum + span, 0) / recovered.length,
    trips: breakerTrips,
  };
}
