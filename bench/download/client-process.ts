/** Downloads a file in a process of its own. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
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
  /** Downloads it once more when it has, from the beginning. */
  readonly again?: boolean;
}

export interface Downloaded {
  /** Of the download alone. */
  readonly milliseconds: number;
  /** Of the one after it, in a process that is warm. */
  readonly later: number | undefined;
  readonly resumedFrom: number;
  /** The most memory that the process has had, in MB. */
  readonly peak: number;
}

obeyOrders(async (order: ClientOrder): Promise<Downloaded> => {
  const { url, root, file, sha256, store, until, again } = order;
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
  let later: number | undefined;
  if (again) {
    await rm(join(root, file));
    const laterBegin = performance.now();
    await downloads.run(input, { id: 'later' });
    later = performance.now() - laterBegin;
  }
  if (until === undefined) await recovery.close();
  return { milliseconds, later, resumedFrom, peak: process.resourceUsage().maxRSS / 1024 };
});
