import { attend } from '../attend.ts';
import { isFinal } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { displayFor, type Io, print, warn } from '../terminal-io.ts';
import {
  type Running,
  type Site,
  type Steered,
  type Workplace,
  withWorkplace,
} from '../workplace/workplace.ts';

/** Ends an unfinished operation as failed; in a store, what it has done is taken back too, and what it has left running is ended. */
export function cancelCommand(
  io: Io,
  site: Site,
  id: string,
  { reason }: { readonly reason?: string },
): Promise<ExitCode> {
  return withWorkplace(site, async place => {
    const steered = await place.cancel(id, reason);
    const done = `cancelled: ${id}`;
    if (!steered.changed || place.whereItGoesOn(id) !== undefined) {
      return tell(io, steered, done, `${id} cannot be cancelled now`);
    }
    let running: Running | undefined;
    const { interrupted } = await attend(place, displayFor(io), [], async () => {
      running = await place.goOn(id);
      return running === undefined ? [] : [running];
    });
    if (interrupted) {
      print(io, `${done}; \`resume\` goes on taking back what it has done`);
      return ExitCode.INTERRUPTED;
    }
    print(io, `${done}${await leftInWords(place, id, running)}`);
    return ExitCode.SUCCESS;
  });
}

async function leftInWords(
  place: Workplace,
  id: string,
  running: Running | undefined,
): Promise<string> {
  const view = await place.view(id);
  if (view === undefined || isFinal(view.state)) return '';
  const who = running === undefined ? 'the program that defines it' : '`resume`';
  return `; ${who} takes back what it has done`;
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
