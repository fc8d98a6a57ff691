import { OperationNotFoundError } from '../../../services/errors.ts';
import { attend } from '../attend.ts';
import type { CliDependencies } from '../dependencies.ts';
import { labelOf } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { tellOutcome } from '../outcome.ts';
import { withExistingStore } from '../store.ts';
import { displayFor, type Io, print } from '../terminal-io.ts';

/** Lets a failed or exhausted operation try again, and stays until it has ended. */
export async function retryCommand(
  deps: CliDependencies,
  io: Io,
  id: string,
  options: { readonly store: string },
): Promise<ExitCode> {
  return withExistingStore(deps, options.store, async ({ recovery }) => {
    const view = await recovery.view(id);
    if (view === undefined) throw new OperationNotFoundError(id);
    const { state, attempt } = view;
    const status = { id, label: labelOf(view), state, attempt, reason: null, progress: null };
    const attended = await attend(recovery, displayFor(io), [status], async () => [
      await recovery.retry(id),
    ]);
    const [outcome] = attended.outcomes;
    if (!attended.interrupted && outcome !== undefined) return tellOutcome(io, id, outcome);
    print(io, `stopped; go on with: ${deps.invocation} resume`);
    return ExitCode.INTERRUPTED;
  });
}
