import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { beginCoverage } from '../test-coverage.ts';
import { serveTests } from './support/serve-tests.ts';

interface Compiler {
  compile(bytes: Uint8Array): Promise<unknown>;
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Compiler };

beginCoverage();
// V8 has the machine code of SQLite once, as long as anybody in the process keeps it. Without, each store that is opened makes its own: most of what an opening costs.
const sqlite = createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm');
const kept = await WebAssembly.compile(await readFile(sqlite));
await serveTests(async () => void kept);
