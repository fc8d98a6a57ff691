import { randomUUID } from 'node:crypto';
import { ValidationError } from '../../../services/errors.ts';
import { RecoveryState } from '../../../services/ports.ts';
import { attend } from '../attend.ts';
import type { Status } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { tellOutcome } from '../outcome.ts';
import { displayFor, type Io, print } from '../terminal-io.ts';
import { type Site, withWorkplace } from '../workplace/workplace.ts';

export interface StartOptions {
  readonly id?: string;
  readonly detach?: boolean;
}

/** Starts an operation of a definition at a server, and stays until it has ended unless it is told not to. */
export async function startCommand(
  io: Io,
  site: Site,
  name: string,
  json: string | undefined,
  { id = randomUUID(), detach = false }: StartOptions,
): Promise<ExitCode> {
  site.server(
    'only the process that defines an operation can start it: name its server with --server',
  );
  const input = json === undefined ? undefined : parsedInput(json);
  return withWorkplace(site, async place => {
    if (detach) {
      await place.start(name, input, id);
      print(io, `started: ${id}`);
      return ExitCode.SUCCESS;
    }
    const status: Status = {
      id,
      label: id,
      state: RecoveryState.PENDING,
      attempt: 0,
      reason: null,
      progress: null,
    };
    const attended = await attend(place, displayFor(io), [status], async () => [
      await place.start(name, input, id),
    ]);
    const [outcome] = attended.outcomes;
    if (!attended.interrupted && outcome !== undefined) return tellOutcome(io, id, outcome);
    print(io, place.whereItGoesOn(id) ?? `stopped: ${id}`);
    return ExitCode.INTERRUPTED;
  });
}

function parsedInput(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ValidationError(`the input must be JSON, such as '{"a": 1}' or '"text"'`, {
      cause: error,
    });
  }
}
