/**
 * Runs a download manager in a process of its own: argv is a JSON of `ChildOrder`. Goes on where the last process stopped. Prints each progress, and
 * then the result; made to be killed.
 */
import { writeSync } from 'node:fs';
import { createRecovery } from '../../../index.ts';
import { createDownloads, type DownloadInput, type DownloadsOptions } from '../../../operations.ts';
import { SqlJsPersistence } from '../../../sqljs.ts';

export interface ChildOrder {
  readonly input: DownloadInput;
  readonly options: DownloadsOptions;
  /** Path of a store; in memory without. */
  readonly store?: string;
}

const { input, options, store } = JSON.parse(process.argv[2] ?? '') as ChildOrder;
const persistence = store === undefined ? undefined : new SqlJsPersistence({ path: store });
const recovery = await createRecovery(persistence === undefined ? {} : { persistence });
const downloads = createDownloads(recovery, options);
recovery.progress$.subscribe(({ value }) => writeSync(1, `${JSON.stringify(value)}\n`));
const handle = await downloads.start(input, { id: 'download' });
const result = await handle.result();
const steps = (await recovery.steps('download')).map(({ name }) => name);
await recovery.close();
writeSync(1, `${JSON.stringify({ result, steps })}\n`);
