import { type Command, Option } from 'commander';
import { collectAuth } from '../credentials.ts';
import type { CliDependencies } from '../dependencies.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../terminal-io.ts';
import { type SiteOptions, siteOf } from '../workplace/site.ts';
import type { Site } from '../workplace/workplace.ts';

/** What every command is made with. */
export interface Grammar {
  readonly deps: CliDependencies;
  readonly io: Io;
  /** The whole command line. */
  readonly argv: readonly string[];
  /** Gets the exit code of the command that ran. */
  done(code: ExitCode): void;
}

export const storeOption = (): Option =>
  new Option(
    '--store <path>',
    'file that keeps the operations (default: $RECOVERY_PERSISTENCE_PATH or ./recovery.db)',
  );

export const authOption = (about: 'one' | 'many'): Option =>
  new Option(
    about === 'one' ? '--auth-env <[host=]variable>' : '--auth-env <host=variable>',
    'an environment variable with a token, or the value of an Authorization header, for a server; may be repeated; not kept, so say it again to go on',
  ).argParser(collectAuth);

/** The options that say where the operations are: in a store, or at a server that has one. */
export function withSite(command: Command): Command {
  return command
    .addOption(storeOption())
    .option('--server <url>', 'a running server instead, as `serve` prints it ($RECOVERY_SERVER)')
    .option(
      '--token <token>',
      'its token; every user of this machine can see it, so better use $RECOVERY_TOKEN',
    );
}

/**
 * Where a command is to work; options may stand before and after the word of a nested command.
 * @throws ValidationError for what makes no sense
 */
export function siteFor({ deps }: Grammar, command: Command): Site {
  return siteOf(deps, command.optsWithGlobals<SiteOptions>());
}
