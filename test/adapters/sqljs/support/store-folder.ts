import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for one test's store. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'xstate-recovery-'));
}
