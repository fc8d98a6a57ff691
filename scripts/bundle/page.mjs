/** The web page as it is packed: `node scripts/bundle/page.mjs`. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { licensesOf } from './licenses.mjs';

const SOURCES = 'visualizer';
const FOLDER = 'dist/visualizer';

const { output } = await build({
  root: SOURCES,
  configFile: join(SOURCES, 'vite.config.ts'),
  logLevel: 'warn',
});

/** The files that a part of the page is made of: of code what is left of it, and styles and whole files, which Vite sets apart. */
function modulesOf(part) {
  if (part.type === 'asset') return part.originalFileNames.map(file => resolve(SOURCES, file));
  return Object.entries(part.modules)
    .filter(([module, { renderedLength }]) => renderedLength > 0 || module.endsWith('.css'))
    .map(([module]) => module);
}

// Servers of the page hand it out as text.
const list = join(FOLDER, 'THIRD-PARTY-LICENSES.txt');
await writeFile(list, await licensesOf(output.flatMap(modulesOf)));
