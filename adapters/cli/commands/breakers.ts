import type { BreakerView, ForcedBreakerState, ForceOptions } from '../../../services/ports.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant, formatTable } from '../format.ts';
import { type Io, print, printText, warn } from '../terminal-io.ts';
import { type Site, withWorkplace } from '../workplace/workplace.ts';

export interface BreakersOptions {
  readonly json?: boolean;
}

export interface OrderOptions extends BreakersOptions {
  /** Milliseconds. */
  readonly ttl?: number;
  readonly reason?: string;
}

const HEAD = ['KEY', 'STATE', 'CALLS', 'FAILED', 'SLOW', 'UNTIL', 'WHY'];

/** Lists the circuit breakers. */
export async function breakersCommand(
  io: Io,
  site: Site,
  options: BreakersOptions,
): Promise<ExitCode> {
  return withWorkplace(site, async place => {
    const breakers = await place.breakers();
    if (options.json === true) printText(io, JSON.stringify(breakers, null, 2));
    else if (breakers.length === 0) print(io, 'there is no circuit breaker');
    else printText(io, formatTable([HEAD, ...breakers.map(row)]));
    return ExitCode.SUCCESS;
  });
}

/** Forces the breaker of a key into a state. */
export async function forceBreakerCommand(
  io: Io,
  site: Site,
  key: string,
  to: ForcedBreakerState,
  { ttl, reason, json }: OrderOptions,
): Promise<ExitCode> {
  return withWorkplace(site, async place => {
    const options: ForceOptions = {
      ...(ttl === undefined ? {} : { ttl }),
      ...(reason === undefined ? {} : { reason }),
    };
    tellBreaker(io, await place.forceBreaker(key, to, options), json);
    return ExitCode.SUCCESS;
  });
}

/** Closes a breaker, with nothing counted. */
export async function resetBreakerCommand(
  io: Io,
  site: Site,
  key: string,
  { reason, json }: OrderOptions,
): Promise<ExitCode> {
  return withWorkplace(site, async place => {
    const view = await place.resetBreaker(key, reason === undefined ? {} : { reason });
    if (view === undefined) {
      warn(
        io,
        `error: nothing has used the breaker "${key}" yet; \`breakers\` shows what there is`,
      );
      return ExitCode.FAILED;
    }
    tellBreaker(io, view, json);
    return ExitCode.SUCCESS;
  });
}

function tellBreaker(io: Io, view: BreakerView, json = false): void {
  const { key, state, override } = view;
  const until = override?.until ?? null;
  if (json) printText(io, JSON.stringify(view, null, 2));
  else print(io, `${state}: ${key}${until === null ? '' : ` until ${formatInstant(until)}`}`);
}

function row(view: BreakerView): string[] {
  const { key, state, calls, failures, failureRatio, slow, slowRatio, openUntil, override } = view;
  const until = override === null ? openUntil : override.until;
  return [
    key,
    state,
    String(calls),
    share(failures, failureRatio),
    share(slow, slowRatio),
    until === null ? '' : formatInstant(until),
    why(override),
  ];
}

/** `3 (60 %)`. */
function share(count: number, ratio: number): string {
  return count === 0 ? '0' : `${count} (${Math.round(ratio * 100)} %)`;
}

function why(override: BreakerView['override']): string {
  if (override === null) return '';
  const { reason, by } = override;
  return [reason ?? 'by an operator', by === null ? '' : `(${by})`].filter(Boolean).join(' ');
}
