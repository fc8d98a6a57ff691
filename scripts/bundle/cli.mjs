/** The program as it is packed: `node scripts/bundle/cli.mjs`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, THREADS } from './bundle.mjs';
import { licensesOf } from './licenses.mjs';

const FOLDER = 'dist/cli';

const modules = await bundle(['bin.ts', ...THREADS], FOLDER);
await writeFile(join(FOLDER, 'THIRD-PARTY-LICENSES'), await licensesOf(modules));
