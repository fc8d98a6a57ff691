/** A chart's configuration, as far as it is rewritten here. */
export interface ChartConfig {
  readonly id?: string;
  readonly invoke?: unknown;
  readonly after?: Readonly<Record<string, unknown>>;
  readonly on?: Readonly<Record<string, unknown>>;
  readonly entry?: unknown;
  readonly exit?: unknown;
  readonly states?: Readonly<Record<string, ChartConfig>>;
}

interface Invocation {
  readonly id?: string;
  readonly onDone?: unknown;
  readonly onError?: unknown;
  readonly onSnapshot?: unknown;
}

/** Actions without which the context would not be what it is; all others would reach outside of the chart. */
const PURE = new Set(['xstate.assign', 'xstate.raise', 'xstate.enqueueActions', 'xstate.cancel']);

const listOf = (given: unknown): readonly unknown[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given];

/** Whether an action stays inside of the chart. What is a name, or an object with one, is looked up elsewhere. */
export function isPure(action: unknown): boolean {
  if (typeof action !== 'function') return true;
  return PURE.has(String((action as { readonly type?: unknown }).type));
}

/**
 * A copy in which nothing happens by itself: what is invoked is not, and its ends are ordinary events; so are delays. Actions that reach outside are left out.
 * @param id of the state node
 */
export function quieted(config: ChartConfig, id: string): ChartConfig {
  const { invoke, after, states, entry, exit, on, ...rest } = config;
  const ends = listOf(invoke).map((one, index) => endsOf(one as Invocation, `${index}.${id}`));
  const delays = Object.entries(after ?? {}).map(([delay, arrows]) => [
    `xstate.after.${delay}.${id}`,
    arrows,
  ]);
  const events = { ...on, ...Object.assign({}, ...ends), ...Object.fromEntries(delays) };
  const inner = Object.entries(states ?? {}).map(([name, state]) => [
    name,
    quieted(state, state.id ?? `${id}.${name}`),
  ]);
  return {
    ...rest,
    on: Object.fromEntries(Object.entries(events).map(([event, to]) => [event, quietArrows(to)])),
    ...actionsOf({ entry, exit }),
    ...(states === undefined ? {} : { states: Object.fromEntries(inner) }),
  };
}

function endsOf({ id: given, onDone, onError, onSnapshot }: Invocation, fallback: string) {
  const id = given ?? fallback;
  return {
    ...(onDone === undefined ? {} : { [`xstate.done.actor.${id}`]: onDone }),
    ...(onError === undefined ? {} : { [`xstate.error.actor.${id}`]: onError }),
    ...(onSnapshot === undefined ? {} : { [`xstate.snapshot.${id}`]: onSnapshot }),
  };
}

function quietArrows(arrows: unknown): unknown {
  if (Array.isArray(arrows)) return arrows.map(quietArrows);
  if (typeof arrows !== 'object' || arrows === null) return arrows;
  return { ...arrows, ...actionsOf(arrows as Record<string, unknown>) };
}

function actionsOf(of: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lists = ['entry', 'exit', 'actions'].filter(name => of[name] !== undefined);
  return Object.fromEntries(lists.map(name => [name, listOf(of[name]).filter(isPure)]));
}
