import { type Command, Option } from 'commander';
import { RecoveryState } from '../../../services/ports.ts';
import { collectHeader, integer, parseBytes, parseDuration } from '../arguments.ts';
import { type DownloadOptions, downloadCommand } from '../commands/download.ts';
import { type ListOptions, listCommand } from '../commands/list.ts';
import { type ResumeOptions, resumeCommand } from '../commands/resume.ts';
import { type RetryOptions, retryCommand } from '../commands/retry.ts';
import { type ShowOptions, showCommand } from '../commands/show.ts';
import { type StartOptions, startCommand } from '../commands/start.ts';
import { cancelCommand, continueCommand, pauseCommand } from '../commands/steer.ts';
import { type WatchOptions, watchCommand } from '../commands/watch.ts';
import { authOption, type Grammar, siteFor, withSite } from './grammar.ts';

export const stateOption = (): Option =>
  new Option('--state <state...>', 'only these').choices(Object.values(RecoveryState));

/** Commands that begin operations. */
export function addBeginnings(program: Command, grammar: Grammar): void {
  const { deps, io, argv, done } = grammar;
  withSite(
    program
      .command('download')
      .description('download a file; the same command again goes on where it stopped')
      .argument('<url>', 'http or https')
      .argument('<file>', 'file to write')
      .option('--sha256 <hex>', 'the SHA-256 that it must have')
      .option(
        '--header <name:value>',
        'send this too, may be repeated; not kept, so say it again to go on',
        collectHeader,
      )
      .addOption(authOption('one'))
      .option('--id <id>', 'id of the operation (default: made from the URL and the file)')
      .option(
        '--max-retries <n>',
        'retries after the first attempt (default: 10); not at a server',
        integer(0),
      )
      .option(
        '--ranges <n>',
        'ranges of a large file at the same time (default: 4); not at a server',
        integer(1),
      )
      .option(
        '--limit-rate <bytes>',
        'so many bytes a second at most: 500k, 2M; not at a server',
        parseBytes,
      )
      .option(
        '--idle-timeout <duration>',
        'silence that is taken for a failure (default: 30s)',
        parseDuration,
      ),
  ).action(async (url: string, file: string, options: DownloadOptions, command: Command) =>
    done(await downloadCommand(deps, io, siteFor(grammar, command), argv, url, file, options)),
  );

  withSite(
    program
      .command('start')
      .description('start an operation that a server defines, and follow it to its end')
      .argument('<name>', 'name of the definition')
      .argument('[input]', 'JSON')
      .option('--id <id>', 'id of the operation (default: a UUID)')
      .option('--detach', 'only start it, and print its id'),
  ).action(
    async (name: string, input: string | undefined, options: StartOptions, command: Command) =>
      done(await startCommand(io, siteFor(grammar, command), name, input, options)),
  );

  withSite(
    program
      .command('resume')
      .description('go on with everything that is unfinished in a store, until it has ended')
      .addOption(authOption('many')),
  ).action(async (options: ResumeOptions, command: Command) =>
    done(await resumeCommand(deps, io, siteFor(grammar, command), argv, options)),
  );
}

/** Commands that look at operations. */
export function addLooks(program: Command, grammar: Grammar): void {
  const { io, done } = grammar;
  withSite(
    program
      .command('list')
      .description('list operations, newest first')
      .addOption(stateOption())
      .option('--name <name...>', 'only of these definitions')
      .option('--text <text>', 'only with this text in id, name, input or error')
      .option('--limit <n>', 'at most so many', integer(1), 50)
      .option('--json', 'as a JSON array'),
  ).action(async (options: ListOptions, command: Command) =>
    done(await listCommand(io, siteFor(grammar, command), options)),
  );

  withSite(
    program
      .command('show')
      .description('show an operation with its steps and its history')
      .argument('<id>')
      .option('--json', 'as a JSON object'),
  ).action(async (id: string, options: ShowOptions, command: Command) =>
    done(await showCommand(io, siteFor(grammar, command), id, options)),
  );

  withSite(
    program
      .command('watch')
      .description('show what happens at a server as it happens, until Ctrl-C')
      .addOption(stateOption())
      .option('--name <name...>', 'only of these definitions')
      .option('--json', 'a JSON object for each transition, one a line'),
  ).action(async (options: WatchOptions, command: Command) =>
    done(await watchCommand(io, siteFor(grammar, command), options)),
  );
}

/** Commands that change the course of one operation. */
export function addSteering(program: Command, grammar: Grammar): void {
  const { deps, io, done } = grammar;
  withSite(
    program
      .command('retry')
      .description('let a failed or exhausted operation try again, and follow it to its end')
      .argument('<id>')
      .addOption(authOption('many')),
  ).action(async (id: string, options: RetryOptions, command: Command) =>
    done(await retryCommand(deps, io, siteFor(grammar, command), id, options)),
  );

  withSite(
    program
      .command('cancel')
      .description('end an unfinished operation')
      .argument('<id>')
      .option('--reason <words>', 'kept in its history'),
  ).action(async (id: string, options: { reason?: string }, command: Command) =>
    done(await cancelCommand(io, siteFor(grammar, command), id, options)),
  );

  withSite(
    program
      .command('pause')
      .description('hold an operation that is pending or recovering')
      .argument('<id>'),
  ).action(async (id: string, _options: unknown, command: Command) =>
    done(await pauseCommand(io, siteFor(grammar, command), id)),
  );

  withSite(
    program.command('continue').description('let a paused operation go on').argument('<id>'),
  ).action(async (id: string, _options: unknown, command: Command) =>
    done(await continueCommand(io, siteFor(grammar, command), id)),
  );
}
