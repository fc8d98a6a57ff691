import { type Command, Option } from 'commander';
import { ValidationError } from '../../../services/errors.ts';
import { parsePort } from '../arguments.ts';
import { doctorCommand } from '../commands/doctor.ts';
import { type MachinesOptions, machinesCommand } from '../commands/machines.ts';
import { type ServeOptions, serveCommand } from '../commands/serve.ts';
import { defaultStorePath } from '../store.ts';
import { tourCommand } from '../tour/tour.ts';
import { type Grammar, storeOption } from './grammar.ts';

/** Commands about the store's files, the server and the program itself. */
export function addHousekeeping(program: Command, { deps, io, done }: Grammar): void {
  program
    .command('doctor')
    .description('check the files of a store; changes nothing, works while they are in use')
    .argument('[path]', 'the store (default: $RECOVERY_PERSISTENCE_PATH or ./recovery.db)')
    .addOption(new Option('--server <url>').hideHelp())
    .action(async (path: string | undefined, { server }: { readonly server?: string }) => {
      if (server !== undefined) {
        throw new ValidationError(
          'doctor reads the files of a store: run it on the machine that has them, with their path instead of --server',
        );
      }
      done(await doctorCommand(deps, io, path ?? defaultStorePath()));
    });

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
    .action(async ({ store = defaultStorePath(), ...options }: ServeArguments) =>
      done(await serveCommand(deps, io, { store, ...options })),
    );

  program
    .command('tour')
    .description('show what it can do, on a local server that misbehaves; under 20 s')
    .action(async () => done(await tourCommand(deps, io)));
}

type ServeArguments = Omit<ServeOptions, 'store'> & { readonly store?: string };
