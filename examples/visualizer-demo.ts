/**
 * The web page with something to look at: downloads, installations and imports that succeed, fail, retry, hang and trip breakers, for ever.
 *
 *     npm run build && npx tsc -p tsconfig.json && node --conditions development .build/examples/visualizer-demo.js [port]
 *
 * In the environment: DEMO_MANY=100000 finished operations first, DEMO_RATE=200 more each second, DEMO_STORE=demo.db on disk instead of in
 * memory, DEMO_OPERATOR and DEMO_VIEWER tokens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRecovery, ExponentialBackoffStrategy, FixedDelayStrategy } from 'xstate-recovery';
import { createRecoveryServer } from 'xstate-recovery/server';
import { seededRandom } from 'xstate-recovery/testing';

const { DEMO_MANY = '0', DEMO_RATE = '0', DEMO_STORE, DEMO_VIEWER, DEMO_OPERATOR } = process.env;
const port = Number(process.argv[2] ?? 3000);
const random = seededRandom(7);
const chance = (share: number) => random() < share;
const between = (from: number, to: number) => from + random() * (to - from);

const recovery = await createRecovery({
  ...(DEMO_STORE === undefined ? {} : { persistencePath: DEMO_STORE }),
  initialDelay: 800,
  maxDelay: 20_000,
});

const network = (code: string, message: string) => Object.assign(new Error(message), { code });
const http = (status: number, message: string) => Object.assign(new Error(message), { status });

interface DownloadInput {
  readonly url: string;
  readonly bytes: number;
}
const download = recovery.operation(
  'download',
  async ({ url, bytes }: DownloadInput, op) => {
    const parts = 12;
    for (let part = 1; part <= parts; part += 1) {
      await sleep(between(150, 700), undefined, { signal: op.signal });
      op.progress({ bytes: Math.round((bytes * part) / parts), total: bytes });
      if (chance(0.035)) throw network('ECONNRESET', 'socket hang up');
      if (url.includes('mirror') && chance(0.25)) throw http(503, 'the mirror is overloaded');
    }
    return { url, bytes, sha256: '9f2c61d0a4b7' };
  },
  {
    maxRetries: 6,
    breaker: ({ url }: DownloadInput) => new URL(url).host,
    breakerOptions: { kind: 'count', size: 20, minimumCalls: 6, openTimeout: 15_000, permits: 3 },
    whenOpen: 'wait',
    strategy: new ExponentialBackoffStrategy({ initialDelay: 900, maxDelay: 15_000, jitter: true }),
    budget: { capacity: 200 },
  },
);

const install = recovery.operation(
  'install',
  async ({ project }: { readonly project: string; readonly credentials?: object }, op) => {
    const folder = await op.step('clone', async () => {
      await sleep(between(300, 1_500), undefined, { signal: op.signal });
      if (chance(0.3)) throw network('ETIMEDOUT', 'github.com did not answer');
      return { folder: `/models/${project}`, commit: '61d0a4b' };
    });
    const packages = await op.step('dependencies', async () => {
      await sleep(between(500, 2_500), undefined, { signal: op.signal });
      if (chance(0.35)) throw http(502, 'registry: bad gateway');
      return { installed: 212, cached: 180 };
    });
    await op.step('build', async () => {
      for (let done = 1; done <= 8; done += 1) {
        await sleep(between(100, 500), undefined, { signal: op.signal });
        op.progress({ done, total: 8 });
      }
      return 'ok';
    });
    return { ...folder, ...packages };
  },
  {
    maxRetries: 5,
    breaker: 'github.com',
    breakerOptions: { threshold: 9, openTimeout: 20_000 },
    concurrency: 12,
  },
);

const importing = recovery.operation(
  'import',
  async ({ file }: { readonly file: string }) => {
    await sleep(between(100, 900));
    if (chance(0.18)) {
      const cause = new RangeError('row 4,811 has 7 columns, 9 were expected');
      throw Object.assign(new Error(`${file} is no valid table`, { cause }), { status: 422 });
    }
    return { rows: Math.round(between(1_000, 90_000)) };
  },
  { breaker: 'imports' },
);

const sync = recovery.operation(
  'sync',
  async () => {
    await sleep(between(50, 300));
    throw network('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:5432');
  },
  {
    maxRetries: 2,
    strategy: new ExponentialBackoffStrategy({ initialDelay: 700, maxDelay: 4_000 }),
    breakerOptions: { threshold: 14, openTimeout: 45_000 },
  },
);

const transcode = recovery.operation(
  'transcode',
  async ({ clip }: { readonly clip: string }, op) => {
    if (op.attempt < 3 && chance(0.35)) await sleep(60_000, undefined, { signal: op.signal });
    for (let done = 1; done <= 20; done += 1) {
      await sleep(between(80, 300), undefined, { signal: op.signal });
      op.progress({ done, total: 20 });
    }
    return `/media/${clip}.webm`;
  },
  { timeout: 6_000, maxRetries: 4, breaker: 'gpu-pool', breakerOptions: { openTimeout: 12_000 } },
);

const nightly = recovery.operation(
  'backup',
  async () => {
    throw network('ENOTFOUND', 'getaddrinfo ENOTFOUND backups.internal');
  },
  { maxRetries: 20, strategy: new FixedDelayStrategy({ delay: 600_000 }) },
);

const noop = recovery.operation('index', async (page: number) => page, { breaker: 'search' });

const HOSTS = ['huggingface.co', 'mirror.example.org', 'cdn.example.com', 'models.example.net'];
const PROJECTS = ['portrait', 'landscape', 'upscaler', 'depth', 'captioner', 'segmenter'];
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
let made = 0;

async function startOne(): Promise<void> {
  made += 1;
  const number = String(made).padStart(5, '0');
  const kind = random();
  if (kind < 0.34) {
    const url = `https://${pick(HOSTS)}/${pick(PROJECTS)}/model-${number}.safetensors`;
    await download.start({ url, bytes: Math.round(between(2e7, 9e9)) }, { id: `dl-${number}` });
  } else if (kind < 0.56) {
    const credentials = { user: 'builder', token: 'ghp_notatoken', api_key: 'k-123' };
    await install.start({ project: pick(PROJECTS), credentials }, { id: `install-${number}` });
  } else if (kind < 0.78) {
    await importing.start({ file: `readings-${number}.csv` }, { id: `import-${number}` });
  } else if (kind < 0.84) await sync.start(undefined, { id: `sync-${number}` });
  else await transcode.start({ clip: `clip-${number}` }, { id: `clip-${number}` });
}

const server = await createRecoveryServer(recovery, {
  port,
  ...(DEMO_OPERATOR === undefined
    ? {}
    : {
        tokens: {
          operator: [DEMO_OPERATOR],
          viewer: DEMO_VIEWER === undefined ? [] : [DEMO_VIEWER],
        },
      }),
});
await recovery.resume();

let isOver = false;
process.once('SIGINT', () => {
  isOver = true;
});
process.once('SIGTERM', () => {
  isOver = true;
});

/** So many at once: enough to keep the store busy, few enough to keep memory small. */
const BATCH = 500;
for (let page = 0; page < Number(DEMO_MANY) && !isOver; page += BATCH) {
  const batch = Array.from({ length: BATCH }, (_, offset) => page + offset);
  await Promise.all(batch.map(each => noop.run(each, { id: `index-${each}` })));
}
console.log(server.url);

const hostile = '<img src=x onerror=alert(1)>';
await importing.start({ file: hostile }, { id: `import-${hostile}` }).catch(() => {});
const paused = await nightly.start(undefined, { id: 'nightly-backup' });
await recovery.forceBreaker('billing.internal', 'isolated', {
  ttl: 900_000,
  reason: 'moving the database',
  by: 'operator',
});
for (let first = 0; first < 60 && !isOver; first += 1) await startOne();

let owed = 0;
let beat = 0;
while (!isOver) {
  await sleep(250);
  beat += 1;
  if (beat % 3 === 0) await startOne();
  if (beat === 10) await paused.pause();
  owed += Number(DEMO_RATE) / 4;
  const batch = Math.floor(owed);
  owed -= batch;
  for (let each = 0; each < batch; each += 1) {
    made += 1;
    void noop.start(made, { id: `index-live-${made}` }).catch(() => {});
  }
}
await server.close();
await recovery.close();
