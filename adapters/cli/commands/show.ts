import type { OperationTransition, OperationView, StepRecord } from '../../../services/ports.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant, formatTable } from '../format.ts';
import { messageOf } from '../in-words.ts';
import { type Io, printText } from '../terminal-io.ts';
import { type Site, withWorkplace } from '../workplace/workplace.ts';

export interface ShowOptions {
  readonly json?: boolean;
}

export async function showCommand(
  io: Io,
  site: Site,
  id: string,
  options: ShowOptions,
): Promise<ExitCode> {
  return withWorkplace(site, async place => {
    const { view, steps, history } = await place.details(id);
    printText(
      io,
      options.json === true
        ? JSON.stringify({ ...view, steps: steps.map(stepValue), history }, null, 2)
        : [fields(view), stepTable(steps), historyTable(history)].filter(Boolean).join('\n\n'),
    );
    return ExitCode.SUCCESS;
  });
}

function fields(view: OperationView): string {
  const rows: [string, string][] = [
    ['id', view.id],
    ['name', view.name],
    ['state', view.state],
    ['attempts', String(view.attempt)],
    ['breaker', view.breakerKey],
    ['created', formatInstant(view.createdAt)],
    ['updated', formatInstant(view.updatedAt)],
  ];
  if (view.dueAt !== null) rows.push(['due', formatInstant(view.dueAt)]);
  rows.push(['input', JSON.stringify(view.input) ?? '-']);
  if (view.metadata !== undefined) rows.push(['metadata', JSON.stringify(view.metadata)]);
  if (view.output !== undefined) rows.push(['output', JSON.stringify(view.output)]);
  if (view.error !== undefined) rows.push(['error', messageOf(view.error)]);
  return formatTable(rows);
}

function stepTable(steps: readonly StepRecord[]): string {
  if (steps.length === 0) return '';
  const rows = steps.map(({ at, name, attempt, result }) => [
    formatInstant(at),
    name,
    String(attempt),
    result ?? '-',
  ]);
  return formatTable([['STEP FINISHED', 'NAME', 'ATTEMPT', 'RESULT'], ...rows]);
}

function historyTable(history: readonly OperationTransition[]): string {
  const rows = history.map(({ at, from, to, event, attempt, reason }) => [
    formatInstant(at),
    from === null ? to : `${from} -> ${to}`,
    event,
    String(attempt),
    reasonInWords(reason),
  ]);
  return formatTable([['WHEN', 'CHANGE', 'EVENT', 'ATTEMPT', 'WHY'], ...rows]);
}

/** `read ECONNRESET; retry 1 of 3 in 1000 ms (network, code:ECONNRESET, exponential)`. */
export function reasonInWords(reason: OperationTransition['reason']): string {
  if (reason === null) return '';
  const { message, category, rule, strategy } = reason;
  const basis = [category, rule, strategy].filter(part => part !== undefined);
  return basis.length === 0 ? message : `${message} (${basis.join(', ')})`;
}

function stepValue({ result, ...step }: StepRecord): Record<string, unknown> {
  return { ...step, result: result === null ? null : JSON.parse(result) };
}
