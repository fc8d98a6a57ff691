import { Command, CommanderError } from 'commander';
import { ErrorCode, RecoveryError } from '../../services/errors.ts';
import type { CliDependencies } from './dependencies.ts';
import { ExitCode } from './exit-code.ts';
import { addBreakers } from './grammar/breakers.ts';
import type { Grammar } from './grammar/grammar.ts';
import { addHousekeeping } from './grammar/house.ts';
import { addInstallations } from './grammar/installations.ts';
import { addBeginnings, addLooks, addSteering } from './grammar/operations.ts';
import { addProjects } from './grammar/projects.ts';
import { complain, type Io } from './terminal-io.ts';

const EPILOGUE = `
Without a command it shows itself: a tour on a local server that misbehaves.

Exit codes: 0 success; 1 an operation failed or was exhausted, or the store or the server is not usable;
2 wrong usage; 130 interrupted (what was under way is durable; repeat the command to go on).
Environment: RECOVERY_* as in the README; RECOVERY_SERVER and RECOVERY_TOKEN in place of --server and --token;
RECOVERY_VIEWER_TOKENS and RECOVERY_OPERATOR_TOKENS for serve; DEBUG=1 shows stack traces.`;

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
    .description(
      'Operations that survive kill -9: download, install, look, resume; in a store or at a server.',
    )
    .version(deps.version)
    .addHelpText('after', EPILOGUE)
    .showHelpAfterError('(--help says more)')
    .configureOutput({
      writeOut: text => void io.out.write(text),
      writeErr: text => void io.err.write(text),
    })
    .exitOverride();
  const grammar: Grammar = { deps, io, argv, done };
  addBeginnings(program, grammar);
  addInstallations(program, grammar);
  addProjects(program, grammar);
  addLooks(program, grammar);
  addSteering(program, grammar);
  addBreakers(program, grammar);
  addHousekeeping(program, grammar);
  return program;
}
