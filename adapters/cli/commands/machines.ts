import { ValidationError } from '../../../services/errors.ts';
import type { Chart, CliDependencies } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { type Io, printText } from '../terminal-io.ts';

export interface MachinesOptions {
  readonly format: 'json' | 'mermaid';
}

/** Prints one chart as it is, or all of them: an object of configurations, or Markdown with a diagram of each. */
export function machinesCommand(
  deps: CliDependencies,
  io: Io,
  name: string | undefined,
  { format }: MachinesOptions,
): ExitCode {
  const charts = deps.charts();
  if (name === undefined) printText(io, format === 'json' ? asObject(charts) : asMarkdown(charts));
  else {
    const { config, mermaid } = chartOf(charts, name);
    printText(io, format === 'json' ? JSON.stringify(config, null, 2) : mermaid);
  }
  return ExitCode.SUCCESS;
}

function chartOf(charts: readonly Chart[], name: string): Chart {
  const chart = charts.find(each => each.name === name);
  if (chart !== undefined) return chart;
  const names = charts.map(each => each.name).join(', ');
  throw new ValidationError(`there is no chart "${name}"; there are ${names}`, {
    details: { problems: [name] },
  });
}

const asObject = (charts: readonly Chart[]): string =>
  JSON.stringify(Object.fromEntries(charts.map(({ name, config }) => [name, config])), null, 2);

const asMarkdown = (charts: readonly Chart[]): string =>
  charts.map(({ name, mermaid }) => `# ${name}\n\n\`\`\`mermaid\n${mermaid}\n\`\`\``).join('\n\n');
