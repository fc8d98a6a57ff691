/** Downloads a file in a process of its own. */
import { createRecovery } from '../../index.ts';
import { createDownloads, type DownloadProgress } from '../../operations.ts';
import { SqlJsPersistence } from '../../sqljs.ts';
import { obeyOrders } from '../child.ts';

export interface ClientOrder {
  readonly url: string;
  readonly root: string;
  readonly file: string;
  readonly sha256?: string;
  /** Path of a store; in memory without. */
  readonly store?: string;
  /** Answers as soon as so many bytes are there. */
  readonly until?: number;
}

export interface Downloaded {
  /** Of the download alone. */
  readonly milliseconds: number;
  readonly resumedFrom: number;
  /** The most memory that the process has had, in MB. */
  readonly peak: number;
}

obeyOrders(async ({ url, root, file, sha256, store, until }: ClientOrder): Promise<Downloaded> => {
  const recovery = await createRecovery(
    store === undefined ? {} : { persistence: new SqlJsPersistence({ path: store }) },
  );
  const downloads = createDownloads(recovery, { root });
  const reached = new Promise<DownloadProgress>(resolve => {
    recovery.progress$.subscribe(({ value }) => {
      const progress = value as DownloadProgress;
      if (until !== undefined && progress.done >= until) resolve(progress);
    });
  });
  const begin = performance.now();
  const input = { url, file, ...(sha256 === undefined ? {} : { sha256 }) };
  const result = downloads.run(input, { id: 'download' });
  const resumedFrom = await Promise.race([result.then(r => r.resumedFrom), reached.then(() => 0)]);
  const milliseconds = performance.now() - begin;
  if (until === undefined) await recovery.close();
  return { milliseconds, resumedFrom, peak: process.resourceUsage().maxRSS / 1024 };
});
