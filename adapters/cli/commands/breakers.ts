import type { BreakerView } from '../../../services/ports.ts';
import type { CliDependencies } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant, formatTable } from '../format.ts';
import { withExistingStore } from '../store.ts';
import { type Io, print } from '../terminal-io.ts';

export interface BreakersOptions {
  readonly store: string;
  readonly json?: boolean;
}

const HEAD = ['KEY', 'STATE', 'CALLS', 'FAILED', 'SLOW', 'UNTIL', 'WHY'];

/** Lists the circuit breakers of a store. */
export async function breakersCommand(
  deps: CliDependencies,
  io: Io,
  options: BreakersOptions,
): Promise<ExitCode> {
  return withExistingStore(deps, options.store, async ({ recovery }) => {
    const breakers = recovery.breakers();
    if (options.json === true) print(io, JSON.stringify(breakers, null, 2));
    else if (breakers.length === 0) print(io, 'there is no circuit breaker');
    else print(io, formatTable([HEAD, ...breakers.map(row)]));
    return ExitCode.SUCCESS;
  });
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
