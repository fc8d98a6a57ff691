import { ExitCode } from '../exit-code.ts';
import { type Io, print, warn } from '../terminal-io.ts';
import { type Site, type Steered, withWorkplace } from '../workplace/workplace.ts';

/** Ends an unfinished operation as failed. */
export function cancelCommand(
  io: Io,
  site: Site,
  id: string,
  { reason }: { readonly reason?: string },
): Promise<ExitCode> {
  return withWorkplace(site, async place =>
    tell(io, await place.cancel(id, reason), `cancelled: ${id}`, `${id} cannot be cancelled now`),
  );
}

/** Holds an operation while it is pending or recovering. */
export function pauseCommand(io: Io, site: Site, id: string): Promise<ExitCode> {
  return withWorkplace(site, async place =>
    tell(io, await place.pause(id), `paused: ${id}`, `${id} cannot be paused now`),
  );
}

/** Lets a paused operation go on. */
export function continueCommand(io: Io, site: Site, id: string): Promise<ExitCode> {
  return withWorkplace(site, async place =>
    tell(io, await place.continue(id), `continued: ${id}`, `${id} is not paused`),
  );
}

function tell(io: Io, { changed, operation }: Steered, done: string, why: string): ExitCode {
  if (changed) {
    print(io, done);
    return ExitCode.SUCCESS;
  }
  warn(io, `error: ${why}: ${operation?.path ?? 'it is gone'}`);
  return ExitCode.FAILED;
}
