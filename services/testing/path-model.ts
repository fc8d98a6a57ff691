import { type AnyEventObject, type AnyStateMachine, createMachine, type EventFrom } from 'xstate';
import { ConfigError } from '../errors.ts';
import { arrowsOf } from './arrows.ts';
import { type ChartConfig, isPure, quieted } from './chart-config.ts';
import { readBy } from './guard-reads.ts';

/** The events of a model: for each type of event that the chart listens to, one or more with the payloads that its guards tell apart. */
export type PathEvents = Readonly<Record<string, readonly AnyEventObject[]>>;

/** A chart that paths can be generated from. */
export interface PathModel<Machine extends AnyStateMachine> {
  /** The same states and arrows, and the same context, but nothing happens by itself, and nothing reaches outside. */
  readonly machine: Machine;
  /** Every event that was given, for `events` of `@xstate/graph`. */
  readonly events: readonly EventFrom<Machine>[];
}

/**
 * Turns a chart with invocations and delays into one that `@xstate/graph` takes: the ends of what is invoked (`xstate.done.actor.<id>`, `xstate.error.actor.<id>`)
 * and delays (`xstate.after.<delay>.<state>`) become ordinary events.
 * @param events by their type
 * @throws ConfigError that lists every event of the chart that is not among them, every one that the chart does not know, and those without a payload that a guard reads
 */
export function toPathModel<Machine extends AnyStateMachine>(
  machine: Machine,
  events: PathEvents,
): PathModel<Machine> {
  const model = quietMachine(machine);
  const problems = problemsOf(model, events);
  if (problems.length > 0) {
    throw new ConfigError(`no paths can be made of "${machine.id}": ${problems.join('; ')}`, {
      details: { problems },
    });
  }
  return { machine: model, events: Object.values(events).flat() as EventFrom<Machine>[] };
}

/** The same chart, where nothing happens by itself, and nothing reaches outside. */
export function quietMachine<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const { actions, ...implementations } = machine.implementations;
  const quiet = Object.entries(actions ?? {}).map(([name, action]) => [
    name,
    isPure(action) ? action : () => {},
  ]);
  const config = quieted(machine.config as ChartConfig, machine.root.id);
  return createMachine(
    config as never,
    { ...implementations, actions: Object.fromEntries(quiet) } as never,
  ) as unknown as Machine;
}

function problemsOf(model: AnyStateMachine, events: PathEvents): string[] {
  const known = new Set(arrowsOf(model).map(({ event }) => event));
  return [...missing(known, events), ...unknown(known, events), ...bare(model, events)];
}

function missing(known: ReadonlySet<string>, events: PathEvents): string[] {
  return [...known]
    .filter(type => (casesOf(events, type) ?? []).length === 0)
    .map(type => `there is no event for "${type}"`);
}

/** An event may be given by the pattern that the chart has, or by a type that fits it. */
function casesOf(events: PathEvents, pattern: string): readonly AnyEventObject[] | undefined {
  if (!pattern.endsWith('*')) return events[pattern];
  const fitting = Object.entries(events).filter(
    ([type]) => type === pattern || type.startsWith(pattern.slice(0, -1)),
  );
  return fitting.flatMap(([, cases]) => cases);
}

function unknown(known: ReadonlySet<string>, events: PathEvents): string[] {
  const patterns = [...known];
  const fits = (type: string) =>
    patterns.some(
      pattern =>
        pattern === type || (pattern.endsWith('*') && type.startsWith(pattern.slice(0, -1))),
    );
  return Object.keys(events)
    .filter(type => !fits(type))
    .map(type => `the chart knows no event "${type}"`);
}

/** Events without any payload, where a guard asks for one. */
function bare(model: AnyStateMachine, events: PathEvents): string[] {
  const problems = new Set<string>();
  for (const { event: pattern, definition } of arrowsOf(model)) {
    if (definition.guard === undefined) continue;
    for (const event of casesOf(events, pattern) ?? []) {
      if (Object.keys(event).some(member => member !== 'type')) continue;
      const read = [...readBy(definition.guard, model, event)];
      if (read.length === 0) continue;
      problems.add(
        `an event "${event.type}" has no payload, and a guard reads ${read.join(', ')} of it`,
      );
    }
  }
  return [...problems];
}
