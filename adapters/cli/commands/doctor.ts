import { resolve } from 'node:path';
import type { CliDependencies, Inspection } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { count, formatBytes, formatTable } from '../format.ts';
import { type Io, print, printText, warn } from '../terminal-io.ts';

/** Says what a store's files hold and whether they are whole. Changes nothing. */
export async function doctorCommand(
  deps: CliDependencies,
  io: Io,
  path: string,
): Promise<ExitCode> {
  const inspection = await deps.inspect(resolve(path));
  const problems = problemLines(inspection);
  for (const problem of problems) warn(io, `problem: ${problem}`);
  if (inspection.exists) printText(io, formatTable(facts(inspection)));
  if (problems.length > 0) return ExitCode.FAILED;
  if (!inspection.exists) {
    warn(io, `error: there is no store at ${inspection.path}; name another as argument`);
    return ExitCode.FAILED;
  }
  print(io, 'the store is whole');
  return ExitCode.SUCCESS;
}

function facts(inspection: Inspection): string[][] {
  const { format, imageBytes, redoFrames, redoBytes, tornBytes, lockedBy } = inspection;
  const states = Object.entries(inspection.operationsByState);
  const operations = states.map(([state, n]) => `${n} ${state}`).join(', ');
  const rows = [
    ['store', inspection.path],
    ['format', format === undefined ? 'unknown' : String(format)],
    ['image', formatBytes(imageBytes)],
    ['redo', `${count(redoFrames, 'commit')}, ${formatBytes(redoBytes)}`],
    ['operations', operations === '' ? 'none' : operations],
    ['transitions', String(inspection.transitions)],
  ];
  if (tornBytes > 0) {
    rows.push([
      'torn',
      `${formatBytes(tornBytes)} that were never acknowledged; cut off on opening`,
    ]);
  }
  if (lockedBy !== undefined) {
    rows.push(['in use', `by process ${lockedBy}; what is said here may be of two moments`]);
  }
  return rows;
}

function problemLines({ problems, integrity }: Inspection): string[] {
  const lines = problems.map(({ file, offset, problem, advice }) => {
    const place = offset === undefined ? file : `${file} at byte ${offset}`;
    return `${place}: ${problem}; ${advice}`;
  });
  if (integrity !== 'ok') lines.push(...integrity.map(line => `the image: ${line}`));
  return lines;
}
