/** Programs in few files: a process that loads several hundred modules is busy with that for most of its start. */
import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';

/** Threads start from files of their own, which their starters look for beside themselves. */
export const THREADS = [
  'adapters/sqljs/log-worker.ts',
  'adapters/sqljs/sql-worker.ts',
  'services/operations/download/hash-worker.ts',
];

/** It is the app's, which may be without it. */
const OPTIONAL = ['@statelyai/inspect'];

const require = createRequire(import.meta.url);

/**
 * Bundles programs with all that they import into one folder, in which each has the name of its source. What is loaded lazily stays lazy.
 * @param {readonly string[]} sources their files, below the working folder
 * @param {string} folder which is emptied
 * @param {{ readonly conditions?: readonly string[], readonly sourcemap?: boolean }} options
 * @returns the modules of other packages that are in it
 */
export async function bundle(sources, folder, { conditions = [], sourcemap = false } = {}) {
  const input = Object.fromEntries(sources.map(source => [basename(source, '.ts'), source]));
  if (Object.keys(input).length !== sources.length) {
    throw new TypeError(`two of these have the same name: ${sources.join(', ')}`);
  }
  const build = await rolldown({
    input,
    platform: 'node',
    external: OPTIONAL,
    // sql.js looks for its WebAssembly beside itself.
    transform: {
      define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
    },
    resolve: {
      ...(conditions.length === 0 ? {} : { conditionNames: [...conditions, 'node', 'default'] }),
      // For Node it offers CommonJS alone, of which nothing can be left out.
      alias: { rxjs: join(require.resolve('rxjs/package.json'), '../dist/esm/index.js') },
    },
    onLog(level, log) {
      if (level === 'warn') throw new TypeError(log.message);
    },
  });
  const { output } = await build.write({
    dir: folder,
    cleanDir: true,
    format: 'esm',
    chunkFileNames: '[name]-[hash].js',
    // Errors are named after their classes.
    keepNames: true,
    comments: { legal: false, annotation: false, jsdoc: false },
    sourcemap,
  });
  await build.close();
  // It is loaded from beside the code.
  const wasm = require.resolve('sql.js/dist/sql-wasm.wasm');
  await copyFile(wasm, join(folder, basename(wasm)));
  return output
    .flatMap(chunk => (chunk.type === 'chunk' ? Object.entries(chunk.modules) : []))
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([module]) => module);
}
