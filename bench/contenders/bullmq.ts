import { Queue, Worker } from 'bullmq';
import type { Contender } from '../contender.ts';

/**
 * Add a job, wait until the worker in the same process tells that it is complete: quicker than `waitUntilFinished`,
 * which reads the same from an event stream. Both are told after the log was synced.
 */
const waiting = new Map<string, { resolve(x: number): void; reject(error: Error): void }>();
let queue: Queue | undefined;
let worker: Worker | undefined;

export const contender: Contender = {
  async setup({ redisPort }) {
    if (redisPort === undefined) throw new TypeError('BullMQ needs Redis');
    const connection = { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null };
    queue = new Queue('bench', { connection });
    worker = new Worker('bench', async job => job.data.x, { connection });
    worker.on('completed', (job, result: number) => {
      waiting.get(job.data.key)?.resolve(result);
      waiting.delete(job.data.key);
    });
    worker.on('error', error => {
      for (const { reject } of waiting.values()) reject(error);
    });
    await worker.waitUntilReady();
  },
  async prepare(concurrency) {
    if (worker !== undefined) worker.concurrency = concurrency;
  },
  async call(x) {
    const key = String(x);
    const completed = new Promise<number>((resolve, reject) =>
      waiting.set(key, { resolve, reject }),
    );
    await queue?.add('identity', { key, x });
    return completed;
  },
  async teardown() {
    await worker?.close();
    await queue?.close();
  },
};
