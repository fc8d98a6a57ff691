import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { MemoryPersistence } from '../adapters/memory/index.ts';
import { SqlJsPersistence } from '../adapters/sqljs/index.ts';
import type { CommitBatch, OperationWrite, StatePersistence } from '../services/ports.ts';

/**
 * The store alone: commit round trip, throughput, opening of a large store, and the event loop while a large store is checkpointed.
 * Usage: node bench/store.js [commit|open|checkpoint]
 */
const SNAPSHOT = {
  status: 'active',
  value: { recovering: 'backoff' },
  context: { attempt: 1, interruptions: 0, note: 'x'.repeat(300) },
  children: { timer: { snapshot: { status: 'active', input: { dueAt: 1 } }, src: 'timer' } },
};

function operation(id: string, state: OperationWrite['state'], at: number): OperationWrite {
  return {
    id,
    name: 'download',
    state,
    attempt: 1,
    seq: 2,
    args: '["https://example.org/file"]',
    result: null,
    error: null,
    metadata: null,
    snapshot: SNAPSHOT,
    version: 1,
    breakerKey: 'download',
    dueAt: null,
    owner: null,
    epoch: 0,
    createdAt: at,
    updatedAt: at,
  };
}

/** One write and two transitions for each operation. */
function batchOf(count: number, state: OperationWrite['state'] = 'success'): CommitBatch {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  const at = Date.now();
  return {
    operations: ids.map(id => operation(id, state, at)),
    steps: [],
    transitions: ids.flatMap(operationId =>
      [1, 2].map(seq => ({
        kind: 'operation' as const,
        operationId,
        name: 'download',
        seq,
        from: seq === 1 ? null : ('pending' as const),
        to: 'in_progress' as const,
        event: 'start',
        attempt: 1,
        reason: null,
        at,
      })),
    ),
    breakers: [],
  };
}

async function commits(store: StatePersistence, size: number, count: number) {
  const batches = Array.from({ length: count }, () => batchOf(size));
  const times: number[] = [];
  const began = performance.now();
  for (const batch of batches) {
    const start = performance.now();
    await store.commit(batch);
    times.push(performance.now() - start);
  }
  const seconds = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (part: number) => `${(times[Math.floor(times.length * part)] ?? 0).toFixed(3)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(0.9999)}, ${Math.round(count / seconds)} commits/s, ${Math.round((count * size) / seconds)} operations/s`;
}

async function fill(store: StatePersistence, finished: number, unfinished: number): Promise<void> {
  for (let done = 0; done < finished; done += 1000) await store.commit(batchOf(1000));
  for (let done = 0; done < unfinished; done += 1000)
    await store.commit(batchOf(1000, 'recovering'));
}

async function benchCommit(path: string): Promise<void> {
  const memory = new MemoryPersistence();
  await memory.open();
  console.log(`memory, batches of 100: ${await commits(memory, 100, 500)}`);
  const store = new SqlJsPersistence({ path });
  await store.open();
  await commits(store, 1, 200);
  console.log(`sql.js, batches of 1:   ${await commits(store, 1, 3000)}`);
  console.log(`sql.js, batches of 10:  ${await commits(store, 10, 2000)}`);
  console.log(`sql.js, batches of 100: ${await commits(store, 100, 600)}`);
  const start = performance.now();
  await store.counts();
  console.log(`first read afterwards: ${(performance.now() - start).toFixed(1)} ms`);
  await store.close();
}

async function benchOpen(path: string): Promise<void> {
  const filled = new SqlJsPersistence({ path });
  await filled.open();
  await fill(filled, 100_000, 10_000);
  await filled.close();
  const start = performance.now();
  const store = new SqlJsPersistence({ path });
  await store.open();
  const opened = performance.now();
  let cursor: string | undefined;
  let rows = 0;
  do {
    const page = await store.unfinished({
      limit: 1000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    rows += page.items.length;
    cursor = page.next;
  } while (cursor !== undefined);
  const paged = performance.now();
  const all = await store.unfinished({ limit: 10_000 });
  const whole = performance.now();
  await store.counts();
  const counted = performance.now();
  await store.list({ text: 'nothing like it' });
  const searched = performance.now();
  console.log(
    `open of 110,000 operations, ${((store.health().bytes ?? 0) / 1e6).toFixed(0)} MB: ${(opened - start).toFixed(0)} ms; ` +
      `${rows} unfinished in pages of 1000: ${(paged - opened).toFixed(0)} ms; in one of ${all.items.length}: ${(whole - paged).toFixed(0)} ms; ` +
      `counts ${(counted - whole).toFixed(0)} ms; search without a hit ${(searched - counted).toFixed(0)} ms`,
  );
  await store.close();
}

async function benchCheckpoint(path: string): Promise<void> {
  const store = new SqlJsPersistence({ path, checkpointBytes: 48 * 1024 * 1024 });
  await store.open();
  await fill(store, 80_000, 0);
  const images = new Set<string>();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const times: number[] = [];
  const began = performance.now();
  while (performance.now() - began < 15_000) {
    const batch = batchOf(50);
    const start = performance.now();
    await store.commit(batch);
    times.push(performance.now() - start);
    images.add(String(store.health().bytes));
    await new Promise(resolve => setTimeout(resolve, 8));
  }
  delay.disable();
  times.sort((a, b) => a - b);
  const ms = (nanoseconds: number) => `${(nanoseconds / 1e6).toFixed(1)} ms`;
  console.log(
    `checkpoints under load at ${((store.health().bytes ?? 0) / 1e6).toFixed(0)} MB: event loop p50 ${ms(delay.percentile(50))}, p99 ${ms(delay.percentile(99))}, ` +
      `max ${ms(delay.max)}; commits p50 ${times[times.length >> 1]?.toFixed(2)} ms, p99 ${times[Math.floor(times.length * 0.99)]?.toFixed(1)} ms, max ${times.at(-1)?.toFixed(0)} ms, ${times.length} of them`,
  );
  const start = performance.now();
  await store.close();
  console.log(`close: ${(performance.now() - start).toFixed(0)} ms`);
}

const parts = { commit: benchCommit, open: benchOpen, checkpoint: benchCheckpoint };
for (const [name, part] of Object.entries(parts)) {
  if (process.argv[2] !== undefined && process.argv[2] !== name) continue;
  const folder = mkdtempSync(join(tmpdir(), 'xstate-recovery-bench-'));
  try {
    await part(join(folder, 'recovery.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
