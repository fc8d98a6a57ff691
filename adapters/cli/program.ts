import { Command, CommanderError, Option } from 'commander';
import { ErrorCode, RecoveryError } from '../../services/errors.ts';
import { RecoveryState } from '../../services/ports.ts';
import { collectHeader, integer, parseDuration, parsePort } from './arguments.ts';
import { type BreakersOptions, breakersCommand } from './commands/breakers.ts';
import { type CancelOptions, cancelCommand } from './commands/cancel.ts';
import { doctorCommand } from './commands/doctor.ts';
import { type DownloadOptions, downloadCommand } from './commands/download.ts';
import { type ListOptions, listCommand } from './commands/list.ts';
import { type MachinesOptions, machinesCommand } from './commands/machines.ts';
import { resumeCommand } from './commands/resume.ts';
import { retryCommand } from './commands/retry.ts';
import { type ServeOptions, serveCommand } from './commands/serve.ts';
import { type ShowOptions, showCommand } from './commands/show.ts';
import type { CliDependencies } from './dependencies.ts';
import { ExitCode } from './exit-code.ts';
import { defaultStorePath } from './store.ts';
import { complain, type Io } from './terminal-io.ts';
import { tourCommand } from './tour/tour.ts';

const EPILOGUE = `
Without a command it shows itself: a tour on a local server that misbehaves.

Exit codes: 0 success; 1 an operation failed or was exhausted, or the store is not usable;
2 wrong usage; 130 interrupted (what was under way is durable; repeat the command to go on).
Environment: RECOVERY_* as in the README; RECOVERY_VIEWER_TOKENS and RECOVERY_OPERATOR_TOKENS for serve; DEBUG=1 shows stack traces.`;

/** Runs a command line; resolves to the exit code and never rejects. */
export async function runCli(
  argv: readonly string[],
  deps: CliDependencies,
  io: Io,
): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.SUCCESS;
  const program = createProgram(deps, io, argv, code => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv.length === 0 ? ['tour'] : argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? ExitCode.SUCCESS : ExitCode.USAGE;
    }
    complain(io, error);
    const refused = error instanceof RecoveryError && error.code === ErrorCode.VALIDATION;
    return refused ? ExitCode.USAGE : ExitCode.FAILED;
  }
}

/**
 * The command line. Parsing throws a `CommanderError` where commander would end the process.
 * @param done gets the exit code of the command that ran
 */
export function createProgram(
  deps: CliDependencies,
  io: Io,
  argv: readonly string[],
  done: (code: ExitCode) => void,
): Command {
  const program = new Command('xstate-recovery')
    .description('Operations that survive kill -9: download, look, resume.')
    .version(deps.version)
    .addHelpText('after', EPILOGUE)
    .showHelpAfterError('(--help says more)')
    .configureOutput({
      writeOut: text => void io.out.write(text),
      writeErr: text => void io.err.write(text),
    })
    .exitOverride();
  const storeOption = () =>
    new Option('--store <path>', 'file that keeps the operations').default(
      defaultStorePath(),
      '$RECOVERY_PERSISTENCE_PATH or ./recovery.db',
    );

  program
    .command('download')
    .description('download a file; the same command again goes on where it stopped')
    .argument('<url>', 'http or https')
    .argument('<file>', 'file to write')
    .option('--sha256 <hex>', 'the SHA-256 that it must have')
    .option(
      '--header <name:value>',
      'send this too, may be repeated; kept in the store',
      collectHeader,
    )
    .option('--id <id>', 'id of the operation (default: made from the URL and the file)')
    .option('--max-retries <n>', 'retries after the first attempt (default: 10)', integer(0))
    .option(
      '--idle-timeout <duration>',
      'silence that is taken for a failure (default: 30s)',
      parseDuration,
    )
    .addOption(storeOption())
    .action(async (url: string, file: string, options: DownloadOptions) =>
      done(await downloadCommand(deps, io, argv, url, file, options)),
    );

  program
    .command('list')
    .description('list operations, newest first')
    .addOption(new Option('--state <state...>', 'only these').choices(Object.values(RecoveryState)))
    .option('--name <name...>', 'only of these definitions')
    .option('--text <text>', 'only with this text in id, name, input or error')
    .option('--limit <n>', 'at most so many', integer(1), 50)
    .option('--json', 'as a JSON array')
    .addOption(storeOption())
    .action(async (options: ListOptions) => done(await listCommand(deps, io, options)));

  program
    .command('show')
    .description('show an operation with its steps and its history')
    .argument('<id>')
    .option('--json', 'as a JSON object')
    .addOption(storeOption())
    .action(async (id: string, options: ShowOptions) =>
      done(await showCommand(deps, io, id, options)),
    );

  program
    .command('resume')
    .description('go on with everything that is unfinished, until it has ended')
    .addOption(storeOption())
    .action(async (options: { store: string }) =>
      done(await resumeCommand(deps, io, argv, options)),
    );

  program
    .command('retry')
    .description('let a failed or exhausted operation try again')
    .argument('<id>')
    .addOption(storeOption())
    .action(async (id: string, options: { store: string }) =>
      done(await retryCommand(deps, io, id, options)),
    );

  program
    .command('cancel')
    .description('end an unfinished operation')
    .argument('<id>')
    .option('--reason <words>', 'kept in its history')
    .addOption(storeOption())
    .action(async (id: string, options: CancelOptions) =>
      done(await cancelCommand(deps, io, id, options)),
    );

  program
    .command('breakers')
    .description('list the circuit breakers, with what they have counted')
    .option('--json', 'as a JSON array')
    .addOption(storeOption())
    .action(async (options: BreakersOptions) => done(await breakersCommand(deps, io, options)));

  program
    .command('doctor')
    .description('check the files of a store; changes nothing, works while they are in use')
    .argument('[path]', 'the store', defaultStorePath())
    .action(async (path: string) => done(await doctorCommand(deps, io, path)));

  program
    .command('machines')
    .description("print the statecharts, for Stately's editor or as Mermaid diagrams")
    .argument('[chart]', 'operation or breaker (default: both)')
    .addOption(
      new Option('--format <format>', 'json or mermaid')
        .choices(['json', 'mermaid'])
        .default('json'),
    )
    .action((name: string | undefined, options: MachinesOptions) =>
      done(machinesCommand(deps, io, name, options)),
    );

  program
    .command('serve')
    .description('go on with everything that is unfinished, and serve the store over HTTP')
    .option(
      '--host <address>',
      'address to listen on; others than loopback need tokens',
      '127.0.0.1',
    )
    .option('--port <n>', '0 picks a free one', parsePort, 3000)
    .option('--allow-host <name...>', 'names that clients may call it by')
    .addOption(storeOption())
    .action(async (options: ServeOptions) => done(await serveCommand(deps, io, options)));

  program
    .command('tour')
    .description('show what it can do, on a local server that misbehaves; under 20 s')
    .action(async () => done(await tourCommand(deps, io)));

  return program;
}
