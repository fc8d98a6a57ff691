import type { Command } from 'commander';
import { integer } from '../arguments.ts';
import { type InstallationOptions, installationCommand } from '../commands/installation.ts';
import type { InstallationName } from '../dependencies.ts';
import { authOption, type Grammar, siteFor, withSite } from './grammar.ts';

/** Commands that install git repositories, and take them away. */
export function addInstallations(program: Command, grammar: Grammar): void {
  add(
    program
      .command('install')
      .description('install a git repository with its dependencies; the same command again goes on')
      .argument(
        '<repository>',
        'its address: https, ssh, http or file; @ref behind it picks a branch, tag or commit',
      )
      .option('--ref <ref>', 'the branch, tag or commit, where the address itself has an @')
      .option('--name <name>', "folder below the root (default: the repository's name)")
      .addOption(authOption('one'))
      .option('--replace', 'take the place of a folder that is something else'),
    'git.install',
    grammar,
  );
  add(
    program
      .command('update')
      .description(
        'bring what is installed to a newer commit; @ref behind the name picks another one',
      )
      .argument('<name>', 'folder below the root')
      .option('--ref <ref>', 'the branch, tag or commit')
      .addOption(authOption('one')),
    'git.update',
    grammar,
  );
  add(
    program
      .command('uninstall')
      .description('remove what is installed')
      .argument('<name>', 'folder below the root')
      .option('--force', 'also a folder that no installation has made'),
    'git.uninstall',
    grammar,
  );
}

function add(command: Command, operation: InstallationName, grammar: Grammar): void {
  const { deps, io, argv, done } = grammar;
  withSite(
    command
      .option('--root <folder>', 'the folder that they are in', '.')
      .option('--id <id>', 'id of the operation (default: made from what is asked for)')
      .option(
        '--max-retries <n>',
        'retries after the first attempt (default: 10); not at a server',
        integer(0),
      ),
  ).action(async (subject: string, options: InstallationOptions, self: Command) => {
    const site = siteFor(grammar, self);
    done(await installationCommand(deps, io, site, argv, { operation, subject }, options));
  });
}
