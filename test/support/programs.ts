import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `scripts/bundle/programs.mjs` puts what it bundles. */
const BUNDLED = fileURLToPath(new URL('../../programs/', import.meta.url));
/** A build that is broken on purpose has no bundles: they would be whole. */
const bundled = existsSync(BUNDLED);

/** Of processes that live shortly: half of the time in which they load SQLite would go into machine code for a long life. */
export const SHORT_LIFE = ['--liftoff-only', '--wasm-lazy-compilation'];

/** The command line: as it is packed, or as it is compiled where nothing is bundled. */
export const cliProgram = fileURLToPath(
  new URL(bundled ? '../../../dist/cli/bin.js' : '../../bin.js', import.meta.url),
);

/**
 * The file of a program that a test starts: bundled, since most of the start of a process is the loading of hundreds of modules.
 * @param compiled as it is without
 */
export function programFile(compiled: URL): string {
  const file = fileURLToPath(compiled);
  return bundled ? join(BUNDLED, basename(file)) : file;
}
