import type { CliDependencies } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { withExistingStore } from '../store.ts';
import { type Io, print } from '../terminal-io.ts';

export interface CancelOptions {
  readonly store: string;
  readonly reason?: string;
}

/** Ends an unfinished operation as failed. */
export async function cancelCommand(
  deps: CliDependencies,
  io: Io,
  id: string,
  options: CancelOptions,
): Promise<ExitCode> {
  return withExistingStore(deps, options.store, async ({ recovery }) => {
    if (await recovery.cancel(id, options.reason)) {
      print(io, `cancelled: ${id}`);
      return ExitCode.SUCCESS;
    }
    const view = await recovery.view(id);
    io.err.write(`error: ${id} has ended already: ${view?.state ?? 'it is gone'}\n`);
    return ExitCode.FAILED;
  });
}
