/**
 * Runs a download manager in a process of its own, over a store on disk: argv is the store, the root, and the input as JSON. Goes on where the
 * last process stopped. Prints the bytes that are there with each progress, and the result; made to be killed.
 */
import { writeSync } from 'node:fs';
import { createRecovery } from '../../../index.ts';
import { createDownloads, type DownloadInput, type DownloadProgress } from '../../../operations.ts';
import { SqlJsPersistence } from '../../../sqljs.ts';

const [path = '', root = '', input = '', options = '{}'] = process.argv.slice(2);
const recovery = await createRecovery({ persistence: new SqlJsPersistence({ path }) });
const downloads = createDownloads(recovery, { root, ...JSON.parse(options) });
recovery.progress$.subscribe(({ value }) =>
  writeSync(1, `${JSON.stringify({ done: (value as DownloadProgress).done })}\n`),
);
const handle = await downloads.start(JSON.parse(input) as DownloadInput, { id: 'download' });
const result = await handle.result();
await recovery.close();
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
writeSync(1, `${JSON.stringify({ result, peak })}\n`);
