/** The thread that takes checksums of large files; answers `HashThread`. */
import { parentPort } from 'node:worker_threads';
import type { Algorithm, Digests } from './digests.ts';
import { FileHash } from './file-hash.ts';

export type HashOrder =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly path: string;
      readonly algorithms: readonly Algorithm[];
      /** Where to say how far it is. */
      readonly hashed: BigInt64Array;
    }
  | {
      readonly kind: 'advance';
      readonly id: number;
      readonly to: number;
      /** The last bytes before that. */
      readonly last: Uint8Array | undefined;
    }
  | { readonly kind: 'finish'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

export interface HashAnswer {
  readonly id: number;
  readonly digests?: Digests;
  readonly error?: unknown;
}

interface Job {
  readonly hash: FileHash;
  readonly hashed: BigInt64Array;
  goal: number;
  wanted: boolean;
}

/** Bytes of one file before it is another one's turn. */
const SLICE = 4 * 1024 * 1024;
const jobs = new Map<number, Job>();
let working = false;

parentPort?.on('message', (order: HashOrder) => {
  try {
    obey(order);
  } catch (error) {
    fail(order.id, error);
  }
  if (!working) work();
});

function obey(order: HashOrder): void {
  const job = jobs.get(order.id);
  if (order.kind === 'open') {
    const hash = new FileHash(order.path, order.algorithms);
    jobs.set(order.id, { hash, hashed: order.hashed, goal: 0, wanted: false });
  } else if (job !== undefined && order.kind === 'advance') {
    advance(job, order.to, order.last);
  } else if (job !== undefined && order.kind === 'finish') {
    job.wanted = true;
  } else if (job !== undefined) {
    drop(order.id);
  }
}

/** What is at hand is taken from there, where it is next; all else is read. */
function advance(job: Job, to: number, last: Uint8Array | undefined): void {
  job.goal = to;
  if (last === undefined || job.hash.position + last.length !== to) return;
  job.hash.take(last);
  Atomics.store(job.hashed, 0, BigInt(to));
}

function work(): void {
  for (const [id, job] of jobs) {
    try {
      if (job.hash.position < job.goal) job.hash.step(job.goal, SLICE);
      if (job.wanted && job.hash.position >= job.goal) {
        job.wanted = false;
        tell({ id, digests: job.hash.digests() });
      }
      Atomics.store(job.hashed, 0, BigInt(job.hash.position));
    } catch (error) {
      fail(id, error);
    }
  }
  working = [...jobs.values()].some(({ hash, goal }) => hash.position < goal);
  if (working) setImmediate(work);
}

function fail(id: number, error: unknown): void {
  drop(id);
  tell({ id, error });
}

function drop(id: number): void {
  jobs.get(id)?.hash.close();
  jobs.delete(id);
}

function tell(answer: HashAnswer): void {
  parentPort?.postMessage(answer);
}
