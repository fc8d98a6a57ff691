import { createRecovery, FixedDelayStrategy } from '../../../index.ts';
import { createDownloads, type Downloads, type DownloadsOptions } from '../../../operations.ts';
import type { Recovery } from '../../../services/ports.ts';
import { type Place, withPlace } from './download-fixture.ts';

export interface ManagedPlace extends Place {
  readonly recovery: Recovery;
  /** Files are below the place's folder, and retries come at once. */
  manage(options?: DownloadsOptions): Downloads;
}

/** Runs a test with a server, an empty folder and a recovery in memory, and takes all away. */
export function withDownloads(run: (place: ManagedPlace) => Promise<void>): () => Promise<void> {
  return withPlace(async place => {
    const recovery = await createRecovery();
    const manage = (options: DownloadsOptions = {}) =>
      createDownloads(recovery, {
        root: place.folder,
        ...options,
        policy: { strategy: new FixedDelayStrategy({ delay: 0 }), ...options.policy },
      });
    try {
      await run({ ...place, recovery, manage });
    } finally {
      await recovery.close();
    }
  });
}

/** Small ranges, so that small files show what large ones do. */
export const SMALL = { ranges: 4, rangesFrom: 50_000 } as const;
