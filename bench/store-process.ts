/** The child process of the sections that need a store: makes one and dies of it, or opens one and tells how long it took. */
import { SqlJsPersistence } from '../adapters/sqljs/index.ts';
import { createRecovery } from '../index.ts';
import { type Amounts, define, generateStore } from './generated-store.ts';
import { load } from './load.ts';
import { mainThreadTime } from './thread-time.ts';

export type StoreOrder =
  | {
      readonly do: 'generate';
      readonly path: string;
      readonly amounts: Amounts;
      /** Whether to end as after a power cut. */
      readonly crash: boolean;
    }
  | { readonly do: 'open'; readonly path: string }
  | {
      readonly do: 'load';
      readonly path: string;
      readonly concurrency: number;
      readonly milliseconds: number;
      readonly checkpoints: boolean;
    };

/** Milliseconds. */
export interface OpeningTimes {
  readonly open: number;
  readonly resume: number;
  readonly live: number;
  /** On a processor, of the main thread. */
  readonly mainThread: number;
}

async function obey(order: StoreOrder): Promise<unknown> {
  switch (order.do) {
    case 'generate': {
      const store = await generateStore(order.path, order.amounts);
      if (order.crash) process.kill(process.pid, 'SIGKILL');
      return store.close();
    }
    case 'open':
      return open(order.path);
    case 'load':
      return load(order);
  }
}

async function open(path: string): Promise<OpeningTimes> {
  const used = mainThreadTime();
  const begin = performance.now();
  const recovery = await createRecovery({
    persistence: new SqlJsPersistence({ path }),
    drainTimeout: 0,
  });
  define(recovery);
  const opened = performance.now();
  const report = await recovery.resume();
  const end = performance.now();
  const mainThread = mainThreadTime() - used;
  const { active } = recovery.health();
  if (active !== report.resumed) throw new RangeError(`${report.resumed} resumed, ${active} live`);
  return { open: opened - begin, resume: end - opened, live: active, mainThread };
}

process.once('message', (order: StoreOrder) => {
  obey(order).then(
    value => process.send?.({ value }, () => process.exit()),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? error.stack : String(error) }, () =>
        process.exit(1),
      ),
  );
});
