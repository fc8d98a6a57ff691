import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryPersistence } from '../../../adapters/memory/index.ts';
import { SqlJsPersistence } from '../../../adapters/sqljs/index.ts';
import type { StatePersistence } from '../../../services/ports.ts';
import { positions, Reader, Source, turns } from './support/source.ts';

const test = suite('feeds lose and repeat nothing, whatever happens when');
export const suiteTimeout = 120_000;

const owner = fc.constantFrom('a', 'b', 'c', '!k');
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ commit: fc.array(owner, { maxLength: 6 }), late: fc.nat(3) }),
  },
  { weight: 3, arbitrary: fc.record({ wait: fc.nat(6) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      join: fc.nat(60),
      pace: fc.nat(4),
      limit: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ readLatency: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ leave: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A client that goes on with the last position it saw, as often as it is cut off. */
interface Client {
  readonly since: number;
  readonly told: number[];
  readonly limit: number;
  readonly pace: number;
  reader: Reader | undefined;
}

const attach = (source: Source, client: Client): void => {
  const since = client.told.at(-1) ?? client.since;
  const { limit, pace } = client;
  client.reader = new Reader(source.feed({ since, limit, slow: 'reread' }), pace);
};

async function detach(client: Client): Promise<void> {
  const { reader } = client;
  client.reader = undefined;
  if (reader === undefined) return;
  await reader.stop();
  client.told.push(...positions(reader.told));
}

async function play(store: StatePersistence, steps: readonly Step[]): Promise<void> {
  const source = new Source(store);
  const clients: Client[] = [];
  const commits: Promise<void>[] = [];
  for (const step of steps) {
    if ('commit' in step) commits.push(source.commit(step.commit, step.late));
    else if ('wait' in step) await turns(step.wait);
    else if ('readLatency' in step) source.readLatency = step.readLatency;
    else if ('join' in step) {
      const known = positions(await source.all()).at(-1) ?? 0;
      const client = { ...step, since: step.join % (known + 1), told: [], reader: undefined };
      clients.push(client);
      attach(source, client);
    } else if ('leave' in step) {
      const client = clients[step.leave % Math.max(1, clients.length)];
      if (client === undefined) continue;
      await detach(client);
      // It may be away while the next steps happen.
      if (step.leave > 2) attach(source, client);
    } else {
      await Promise.all(commits);
      source.restart();
      for (const client of clients) {
        await detach(client);
        attach(source, client);
      }
    }
  }
  await Promise.all(commits);
  const all = positions(await source.all());
  source.readLatency = 0;
  for (const client of clients) {
    await detach(client);
    attach(source, client);
  }
  const missing = ({ since, told, reader }: Client) =>
    all.filter(position => position > since).length > told.length + (reader?.told.length ?? 0);
  // A store in another thread answers in its own time.
  for (let look = 0; look < 5_000 && clients.some(missing); look++) await sleep(1);
  await turns(10);
  for (const client of clients) {
    await detach(client);
    assert.equal(
      client.told,
      all.filter(position => position > client.since),
    );
  }
  source.streams.close();
}

test('on the memory store', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async steps => {
      const store = new MemoryPersistence();
      await store.open();
      await play(store, steps);
      await store.close();
    }),
    { numRuns: 300, seed: 4 },
  );
});

test('on the sql.js store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'feed-'));
  try {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async steps => {
        const store = new SqlJsPersistence({ path: join(folder, `${run++}.db`) });
        await store.open();
        await play(store, steps);
        await store.close();
      }),
      { numRuns: 15, seed: 5 },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('replays longer than a page, joined amid commits', async () => {
  const store = new MemoryPersistence();
  await store.open();
  const source = new Source(store);
  for (let commit = 0; commit < 25; commit++) await source.commit(Array(100).fill('a'));
  const reader = new Reader(source.feed({ since: 7, limit: 50, slow: 'reread' }));
  for (let commit = 0; commit < 25; commit++) {
    void source.commit(Array(100).fill('b'), commit % 3);
    await turns(1);
  }
  await turns(200);
  await reader.stop();
  assert.equal(
    positions(reader.told),
    Array.from({ length: 4_993 }, (_, index) => index + 8),
  );
});

test.run();
