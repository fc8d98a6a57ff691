import type { CliDependencies } from '../../adapters/cli/dependencies.ts';
import { runCli } from '../../adapters/cli/program.ts';
import type { Finished } from './cli.ts';
import { Sink } from './sink.ts';

/** Of a command that must not come to them. */
const unused = () => {
  throw new TypeError('nobody should have come here');
};

const deps: CliDependencies = {
  version: '1.2.3',
  invocation: 'xstate-recovery',
  self: ['node'],
  open: unused,
  inspect: unused,
  charts: () => [],
  checkDownload() {},
  checkInstallation() {},
  repositoryOf: async () => undefined,
  folderName: () => undefined,
  checkProject() {},
  previewImport: unused,
  listProjects: async () => [],
  serve: unused,
};

/** Runs a command that needs no store in this process, without a terminal. */
export async function runHere(...args: string[]): Promise<Finished> {
  const [out, err] = [new Sink(), new Sink()];
  const exit = await runCli(args, deps, { out, err, debug: false });
  return { exit, out: out.text, err: err.text };
}
