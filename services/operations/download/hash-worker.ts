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
      /** The last bytes before that. Their memory is given back. */
      readonly last: Uint8Array<ArrayBuffer> | undefined;
    }
  | { readonly kind: 'finish'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

export interface HashAnswer {
  readonly id: number;
  readonly digests?: Digests;
  readonly error?: unknown;
  /** Of a block that is not needed any more. */
  readonly memory?: ArrayBuffer;
}

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
  if (!working) work();
});

function obey(order: HashOrder): void {
  const job = jobs.get(order.id);
  if (order.kind === 'open') {
    const hash = new FileHash(order.path, order.algorithms);
    jobs.set(order.id, { hash, goal: 0, wanted: false });
  } else if (job !== undefined && order.kind === 'advance') {
    job.goal = order.to;
    if (order.last !== undefined) take(job, order.id, order.last);
  } else if (job !== undefined && order.kind === 'finish') {
    job.wanted = true;
  } else if (job !== undefined) {
    drop(order.id);
  }
}

/** What is at hand is taken from there, where it is next; all else is read. */
function take({ hash, goal }: Job, id: number, last: Uint8Array<ArrayBuffer>): void {
  if (hash.position + last.length === goal) hash.take(last);
  parentPort?.postMessage({ id, memory: last.buffer } satisfies HashAnswer, [last.buffer]);
}

function work(): void {
  for (const [id, job] of jobs) {
    try {
      if (job.hash.position < job.goal) job.hash.step(job.goal, SLICE);
      if (job.wanted && job.hash.position >= job.goal) {
        job.wanted = false;
        tell({ id, digests: job.hash.digests() });
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
  tell({ id, error });
}

function drop(id: number): void {
  jobs.get(id)?.hash.close();
  jobs.delete(id);
}

function tell(answer: HashAnswer): void {
  parentPort?.postMessage(answer);
}
