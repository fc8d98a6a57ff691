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
    }
  | {
      readonly kind: 'advance';
      readonly id: number;
      readonly to: number;
      /** The last bytes before that. They are answered when they are not needed any more. */
      readonly last: Uint8Array | undefined;
    }
  | { readonly kind: 'finish'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

export type HashAnswer =
  /** It has started. */
  | { readonly kind: 'ready' }
  /** The first of the bytes that were given are not needed any more. */
  | { readonly kind: 'returned'; readonly id: number }
  | { readonly kind: 'digests'; readonly id: number; readonly digests: Digests }
  | { readonly kind: 'failed'; readonly id: number; readonly error: unknown };

interface Job {
  readonly hash: FileHash;
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
  if (order.kind === 'advance' && order.last !== undefined) {
    tell({ kind: 'returned', id: order.id });
  }
  if (!working) work();
});

function obey(order: HashOrder): void {
  const job = jobs.get(order.id);
  if (order.kind === 'open') {
    const hash = new FileHash(order.path, order.algorithms);
    jobs.set(order.id, { hash, goal: 0, wanted: false });
  } else if (job !== undefined && order.kind === 'advance') {
    job.goal = order.to;
    if (order.last !== undefined) take(job, order.last);
  } else if (job !== undefined && order.kind === 'finish') {
    job.wanted = true;
  } else if (job !== undefined) {
    drop(order.id);
  }
}

/** What is at hand is taken from there, where it is next; all else is read. */
function take({ hash, goal }: Job, last: Uint8Array): void {
  if (hash.position + last.length === goal) hash.take(last);
}

function work(): void {
  for (const [id, job] of jobs) {
    try {
      if (job.hash.position < job.goal) job.hash.step(job.goal, SLICE);
      if (job.wanted && job.hash.position >= job.goal) {
        job.wanted = false;
        tell({ kind: 'digests', id, digests: job.hash.digests() });
      }
    } catch (error) {
      fail(id, error);
    }
  }
  working = [...jobs.values()].some(({ hash, goal }) => hash.position < goal);
  if (working) setImmediate(work);
}

function fail(id: number, error: unknown): void {
  drop(id);
  tell({ kind: 'failed', id, error });
}

function drop(id: number): void {
  jobs.get(id)?.hash.close();
  jobs.delete(id);
}

function tell(answer: HashAnswer): void {
  parentPort?.postMessage(answer);
}

tell({ kind: 'ready' });
