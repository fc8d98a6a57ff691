/** Downloads argv[2] to argv[3] outside any runtime, and prints each progress; made to be killed. */
import { writeSync } from 'node:fs';
import { download } from '../../../services/operations/download.ts';
import { recordingContext } from '../../support/operation-context.ts';

const [url = '', file = ''] = process.argv.slice(2);
await download(
  { url, file },
  {
    ...recordingContext(),
    progress: value => writeSync(1, `${JSON.stringify(value)}\n`),
  },
);
