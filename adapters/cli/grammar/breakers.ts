import { Argument, type Command } from 'commander';
import type { ForcedBreakerState } from '../../../services/ports.ts';
import { parseDuration } from '../arguments.ts';
import {
  type BreakersOptions,
  breakersCommand,
  forceBreakerCommand,
  type OrderOptions,
  resetBreakerCommand,
} from '../commands/breakers.ts';
import { type Grammar, siteFor, withSite } from './grammar.ts';

const STATES: readonly ForcedBreakerState[] = ['isolated', 'forced_closed', 'metrics_only'];

/** Looking at breakers, and orders to them. */
export function addBreakers(program: Command, grammar: Grammar): void {
  const { io, done } = grammar;
  const breakers = withSite(
    program
      .command('breakers')
      .description('list the circuit breakers, with what they have counted')
      .option('--json', 'as a JSON array'),
  ).action(async (options: BreakersOptions, command: Command) =>
    done(await breakersCommand(io, siteFor(grammar, command), options)),
  );

  withSite(
    breakers
      .command('force')
      .description('force a breaker into a state, also one that nothing has used yet')
      .argument('<key>')
      .addArgument(
        new Argument('<to>', 'isolated lets nothing through, the others everything').choices(
          STATES,
        ),
      )
      .option(
        '--ttl <duration>',
        'how long, such as 10m (default: until somebody resets it)',
        parseDuration,
      )
      .option('--reason <words>', 'kept in its history')
      .option('--json', 'the breaker after it, as a JSON object'),
  ).action(async (key: string, to: ForcedBreakerState, _options: unknown, command: Command) =>
    done(
      await forceBreakerCommand(
        io,
        siteFor(grammar, command),
        key,
        to,
        command.optsWithGlobals<OrderOptions>(),
      ),
    ),
  );

  withSite(
    breakers
      .command('reset')
      .description('close a breaker, with nothing counted')
      .argument('<key>')
      .option('--reason <words>', 'kept in its history')
      .option('--json', 'the breaker after it, as a JSON object'),
  ).action(async (key: string, _options: unknown, command: Command) =>
    done(
      await resetBreakerCommand(
        io,
        siteFor(grammar, command),
        key,
        command.optsWithGlobals<OrderOptions>(),
      ),
    ),
  );
}
