import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** An arrow of a chart. */
export interface Arrow {
  /** Names it within its machine, also where that is made anew: `in_progress.running xstate.done.actor.attempt #2`. */
  readonly key: string;
  /** The state that it leaves, such as `in_progress.running`; empty for the chart as a whole. */
  readonly from: string;
  readonly event: string;
  /** Which of the arrows of that state and event it is, from 0: the first whose guard agrees is taken. */
  readonly index: number;
  /** Its guard, by name. */
  readonly guard?: string;
  /** The state that it leads to; none where it stays. */
  readonly to?: string;
  readonly definition: AnyTransitionDefinition;
}

/** Every arrow that is drawn in a machine's chart. */
export function arrowsOf(machine: AnyStateMachine): readonly Arrow[] {
  return below(machine.root);
}

function below(node: AnyStateNode): Arrow[] {
  const own = [...node.transitions.values()].flat().map(arrowOf);
  return [...own, ...Object.values(node.states).flatMap(below)];
}

/** The arrow that a transition is. */
export function arrowOf(definition: AnyTransitionDefinition): Arrow {
  const { source, eventType: event, target, guard } = definition;
  const index = source.transitions.get(event)?.indexOf(definition) ?? 0;
  const from = pathOf(source);
  const to = target?.map(pathOf).join(', ');
  return {
    key: `${from} ${event} #${index}`.trimStart(),
    from,
    event,
    index,
    ...(guard === undefined ? {} : { guard: guardName(guard) }),
    ...(to === undefined ? {} : { to }),
    definition,
  };
}

/** `in_progress.running` of a state node. */
const pathOf = ({ path }: { readonly path: readonly string[] }): string => path.join('.');

/** What a guard is called; a combination by what it is made of. */
function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') {
    const { guards, name } = guard as { readonly guards?: readonly unknown[]; name: string };
    return guards === undefined ? name || 'a function' : guards.map(guardName).join(` ${name} `);
  }
  return String((guard as { readonly type: unknown }).type);
}
