import type { CliDependencies } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { formatBytes, formatInstant, formatTable } from '../format.ts';
import { type Io, print, printText, warn } from '../terminal-io.ts';

/** Lists projects; exits with 1 where one of them is damaged. */
export async function projectListCommand(
  deps: CliDependencies,
  io: Io,
  root: string,
  { json = false }: { readonly json?: boolean },
): Promise<ExitCode> {
  const projects = await deps.listProjects(root);
  if (json) printText(io, JSON.stringify(projects, null, 2));
  else if (projects.length === 0) print(io, `there are no projects in ${root}`);
  else {
    const rows = projects.map(({ name, created, models, nodes, bytes }) => [
      name,
      created === null ? '-' : formatInstant(Date.parse(created)),
      String(models),
      formatBytes(bytes),
      String(nodes),
    ]);
    printText(io, formatTable([['NAME', 'CREATED', 'MODELS', 'SIZE', 'NODES'], ...rows]));
  }
  const damaged = projects.filter(({ problem }) => problem !== undefined);
  for (const { name, problem } of damaged) warn(io, `${name}: ${problem}`);
  return damaged.length === 0 ? ExitCode.SUCCESS : ExitCode.FAILED;
}
