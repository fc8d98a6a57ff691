import { resolve } from 'node:path';
import type { CliDependencies } from '../dependencies.ts';
import { ExitCode } from '../exit-code.ts';
import { count } from '../format.ts';
import { type Io, print } from '../terminal-io.ts';

/** Says what a store's files hold and whether they are whole. Changes nothing. */
export async function doctorCommand(
  deps: CliDependencies,
  io: Io,
  path: string,
): Promise<ExitCode> {
  const { ok, findings, problems } = await deps.inspect(resolve(path));
  for (const finding of findings) print(io, finding);
  for (const problem of problems) io.err.write(`problem: ${problem}\n`);
  print(io, ok ? 'the store is whole' : `the store has ${count(problems.length, 'problem')}`);
  return ok ? ExitCode.SUCCESS : ExitCode.FAILED;
}
