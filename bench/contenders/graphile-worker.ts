import { Logger, type Runner, run } from 'graphile-worker';
import type { Contender } from '../contender.ts';

/**
 * Add a job, wait until the worker tells that it is complete. Batches as its performance page advises. It keeps no results, so
 * the input comes back; and it tells before the row is gone from the database, which is less than the others promise.
 */
const waiting = new Map<string, (x: number) => void>();
let url = '';
let runner: Runner | undefined;

export const contender: Contender = {
  async setup({ postgresUrl }) {
    if (postgresUrl === undefined) throw new TypeError('graphile-worker needs PostgreSQL');
    url = postgresUrl;
  },
  async prepare(concurrency) {
    await runner?.stop();
    const jobs = Math.min(concurrency, 100);
    runner = await run({
      connectionString: url,
      preset: {
        worker: {
          concurrentJobs: jobs,
          localQueue: { size: jobs + 1 },
          completeJobBatchDelay: 0,
        },
      },
      noHandleSignals: true,
      logger: new Logger(() => () => {}),
      taskList: { identity: async () => {} },
    });
    runner.events.on('job:complete', ({ job }) => {
      const { key, x } = job.payload as { readonly key: string; readonly x: number };
      waiting.get(key)?.(x);
      waiting.delete(key);
    });
  },
  async call(x) {
    const key = String(x);
    const complete = new Promise<number>(resolve => waiting.set(key, resolve));
    await runner?.addJob('identity', { key, x });
    return complete;
  },
  async teardown() {
    await runner?.stop();
  },
};
