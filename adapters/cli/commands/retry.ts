import { OperationNotFoundError } from '../../../services/errors.ts';
import { attend } from '../attend.ts';
import { type AuthSource, Credentials } from '../credentials.ts';
import type { CliDependencies } from '../dependencies.ts';
import { labelOf } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { tellOutcome } from '../outcome.ts';
import { displayFor, type Io, print } from '../terminal-io.ts';
import { type Site, type Workplace, withWorkplace } from '../workplace/workplace.ts';

export interface RetryOptions {
  readonly authEnv?: readonly AuthSource[];
}

/** Lets a failed or exhausted operation try again, and stays until it has ended. */
export async function retryCommand(
  deps: CliDependencies,
  io: Io,
  site: Site,
  id: string,
  { authEnv }: RetryOptions = {},
): Promise<ExitCode> {
  const credentials = Credentials.take(authEnv, { aboutOne: false });
  const work = async (place: Workplace) => {
    const view = await place.view(id);
    if (view === undefined) throw new OperationNotFoundError(id);
    if (place.whereItGoesOn(id) === undefined) await credentials.require([view], deps.repositoryOf);
    const { state, attempt } = view;
    const status = { id, label: labelOf(view), state, attempt, reason: null, progress: null };
    const attended = await attend(place, displayFor(io), [status], async () => [
      await place.retry(id),
    ]);
    const [outcome] = attended.outcomes;
    if (!attended.interrupted && outcome !== undefined) return tellOutcome(io, id, outcome);
    print(io, place.whereItGoesOn(id) ?? `stopped; go on with: ${deps.invocation} resume`);
    return ExitCode.INTERRUPTED;
  };
  return withWorkplace(site, work, { credentials });
}
