import { createRecovery, type DurableRecovery, ExponentialBackoffStrategy } from 'xstate-recovery';
import { SimulatedClock, seededRandom } from 'xstate-recovery/testing';

/** Milliseconds of life before the pictures are taken: as much as the overview tells. */
const LIFE = 15 * 60_000;
/** Between two starts, on average. */
const PACE = 900;
/** How long before the pictures the operations begin that are looked at closely. */
const LEAD = 24_000;
/** How long before them one of the servers goes down. */
const OUTAGE = 100_000;

export interface World {
  readonly recovery: DurableRecovery;
  /** It stands still unless the world lives. */
  readonly clock: SimulatedClock;
  live(): Promise<void>;
}

const network = (code: string, message: string) => Object.assign(new Error(message), { code });
const http = (status: number, message: string) => Object.assign(new Error(message), { status });

/** A quarter of an hour in the life of a few services, the same each time: simulated time, seeded chance. */
export async function createWorld(): Promise<World> {
  const clock = new SimulatedClock({ now: new Date(2026, 2, 2, 9, 30).getTime() });
  // What the server counts in the last minutes, it counts by the process's clock.
  Date.now = () => clock.now();
  const random = seededRandom(7);
  const recovery = await createRecovery({ clock, random: seededRandom(11), env: {} });
  return { recovery, clock, live: () => live(recovery, clock, random) };
}

async function live(
  recovery: DurableRecovery,
  clock: SimulatedClock,
  random: () => number,
): Promise<void> {
  const world = define(recovery, clock, random);
  await recovery.forceBreaker('billing.internal', 'isolated', {
    ttl: 30 * 60_000,
    reason: 'moving the database',
    by: 'ada',
  });
  const end = clock.now() + LIFE;
  const goOn = async (until: number) => {
    for (let number = world.started() + 1; clock.now() < until; number += 1) {
      await world.startOne(number);
      await clock.advance(Math.round(2 * PACE * random()));
    }
  };
  await goOn(end - LEAD);
  await world.startExamples();
  await goOn(end);
}

function define(recovery: DurableRecovery, clock: SimulatedClock, random: () => number) {
  const outage = clock.now() + LIFE - OUTAGE;
  const chance = (share: number) => random() < share;
  const between = (from: number, to: number) => Math.round(from + random() * (to - from));
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = clock.setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clock.clearTimeout(timer);
        reject(signal.reason);
      });
    });

  const download = recovery.operation(
    'download',
    async ({ url, bytes }: { readonly url: string; readonly bytes: number }, op) => {
      await sleep(between(2_000, 9_000), op.signal);
      if (url.includes('mirror') && chance(clock.now() < outage ? 0.04 : 0.9))
        throw http(503, 'the mirror is overloaded');
      if (chance(0.15)) throw network('ECONNRESET', 'socket hang up');
      return { url, bytes, sha256: '9f2c61d0a4b7' };
    },
    {
      maxRetries: 30,
      breaker: ({ url }) => new URL(url).host,
      breakerOptions: { kind: 'count', size: 20, minimumCalls: 6, openTimeout: 45_000, permits: 3 },
      whenOpen: 'wait',
      strategy: new ExponentialBackoffStrategy({ initialDelay: 900, maxDelay: 15_000 }),
      budget: { capacity: 1_000, refillPerSecond: 2 },
    },
  );
  const install = recovery.operation(
    'install',
    async ({ project }: { readonly project: string; readonly credentials: object }, op) => {
      const folder = await op.step('clone', async () => {
        await sleep(between(700, 2_500), op.signal);
        return { folder: `/models/${project}`, commit: '61d0a4b' };
      });
      const isStubborn = project === 'relighter';
      await sleep(between(2_000, 4_000), op.signal);
      if (isStubborn || chance(0.25)) throw http(502, 'registry.npmjs.org: bad gateway');
      const packages = await op.step('dependencies', () => ({ installed: 212, cached: 180 }));
      return { ...folder, ...packages };
    },
    { maxRetries: 8, breaker: 'github.com', breakerOptions: { threshold: 9 }, concurrency: 12 },
  );
  const importing = recovery.operation(
    'import',
    async ({ file }: { readonly file: string }, op) => {
      await sleep(between(300, 2_900), op.signal);
      if (file === 'readings-0815.csv' || file === 'readings-invoices.csv') {
        const cause = new RangeError('row 4,811 has 7 columns, 9 were expected');
        throw Object.assign(new Error(`${file} is no valid table`, { cause }), { status: 422 });
      }
      return { rows: between(1_000, 90_000) };
    },
    { breaker: 'imports' },
  );
  const sync = recovery.operation(
    'sync',
    async (_: { readonly table: string }, op) => {
      await sleep(between(50, 300), op.signal);
      const cause = network('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:5432');
      throw Object.assign(new Error('the replica does not answer', { cause }), {
        code: cause.code,
      });
    },
    { maxRetries: 2, breaker: 'replica', breakerOptions: { threshold: 5 } },
  );
  const transcode = recovery.operation(
    'transcode',
    async ({ clip }: { readonly clip: string }, op) => {
      const hangs = op.attempt < 3 && chance(0.2);
      await sleep(hangs ? 60_000 : between(2_000, 7_000), op.signal);
      return `/media/${clip}.webm`;
    },
    { timeout: 8_000, maxRetries: 4, breaker: 'gpu-pool', breakerOptions: { threshold: 6 } },
  );

  const hosts = ['huggingface.co', 'mirror.example.org', 'cdn.example.com', 'models.example.net'];
  const projects = ['portrait', 'landscape', 'upscaler', 'depth', 'captioner', 'segmenter'];
  const credentials = { user: 'builder', token: 'not-for-a-picture' };
  let started = 0;

  async function startOne(count: number): Promise<void> {
    const number = String(count).padStart(4, '0');
    started = count;
    const kind = random();
    if (kind < 0.34) {
      const url = `https://${pick(hosts)}/${pick(projects)}/model-${number}.safetensors`;
      await download.start({ url, bytes: between(2e7, 9e9) }, { id: `download-${number}` });
    } else if (kind < 0.56) {
      await install.start({ project: pick(projects), credentials }, { id: `install-${number}` });
    } else if (kind < 0.82) {
      await importing.start({ file: `readings-${number}.csv` }, { id: `import-${number}` });
    } else await transcode.start({ clip: `clip-${number}` }, { id: `clip-${number}` });
  }

  async function startExamples(): Promise<void> {
    await install.start({ project: 'relighter', credentials }, { id: 'install-relighter' });
    await sync.start(
      { table: 'invoices' },
      { id: 'sync-invoices', metadata: { owner: 'billing' } },
    );
    await importing.start({ file: 'readings-invoices.csv' }, { id: 'import-invoices' });
  }
  return { startOne, startExamples, started: () => started };
}
