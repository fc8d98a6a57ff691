import type { ListQuery, OperationView, RecoveryState } from '../../../services/ports.ts';
import { labelOf } from '../display/status.ts';
import { ExitCode } from '../exit-code.ts';
import { formatInstant, formatTable, shorten } from '../format.ts';
import { messageOf } from '../in-words.ts';
import { type Io, print, printText } from '../terminal-io.ts';
import { type Site, type Workplace, withWorkplace } from '../workplace/workplace.ts';

export interface ListOptions {
  readonly state?: readonly RecoveryState[];
  readonly name?: readonly string[];
  readonly text?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** The port's largest page. */
const PAGE = 1_000;
const WHAT_WIDTH = 60;

export async function listCommand(io: Io, site: Site, options: ListOptions): Promise<ExitCode> {
  return withWorkplace(site, async place => {
    const { items, more } = await firstOperations(place, options);
    if (options.json === true) {
      printText(io, JSON.stringify(items, null, 2));
    } else if (items.length === 0) {
      print(io, 'there is no such operation');
    } else {
      const head = ['ID', 'NAME', 'STATE', 'ATTEMPT', 'UPDATED', 'WHAT'];
      printText(io, formatTable([head, ...items.map(row)]));
      if (more) print(io, `and more; --limit ${options.limit * 2} shows them`);
    }
    return ExitCode.SUCCESS;
  });
}

async function firstOperations(
  place: Workplace,
  { state, name, text, limit }: ListOptions,
): Promise<{ readonly items: readonly OperationView[]; readonly more: boolean }> {
  const items: OperationView[] = [];
  const query: ListQuery = {
    ...(state === undefined ? {} : { states: state }),
    ...(name === undefined ? {} : { names: name }),
    ...(text === undefined ? {} : { text }),
  };
  let cursor: string | undefined;
  do {
    const page = await place.list({
      ...query,
      limit: Math.min(PAGE, limit - items.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < limit);
  return { items, more: cursor !== undefined };
}

function row(view: OperationView): string[] {
  const label = labelOf(view);
  const what = view.error === undefined ? '' : messageOf(view.error);
  const words = label === view.id ? what : [label, what].filter(part => part !== '').join(': ');
  return [
    view.id,
    view.name,
    view.state,
    String(view.attempt),
    formatInstant(view.updatedAt),
    shorten(words, WHAT_WIDTH),
  ];
}
