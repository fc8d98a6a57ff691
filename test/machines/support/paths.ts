/** What the tests of generated paths have in common. */
import type { AnyStateNode } from 'xstate';

type Config = Record<string, unknown> & { states?: Record<string, Config> };
type Invocation = { readonly id: string; readonly onDone?: unknown; readonly onError?: unknown };

/** A copy without invocations: their ends are ordinary events, so that paths can be generated. */
export function withoutInvocations(chart: object): Config {
  const config = chart as Config;
  const { invoke, states, ...rest } = config;
  const { id, onDone, onError } = (invoke ?? {}) as Invocation;
  const ends = {
    ...(onDone === undefined ? {} : { [`xstate.done.actor.${id}`]: onDone }),
    ...(onError === undefined ? {} : { [`xstate.error.actor.${id}`]: onError }),
  };
  const inner = Object.entries(states ?? {}).map(([name, state]) => [
    name,
    withoutInvocations(state),
  ]);
  return {
    ...rest,
    on: { ...(rest.on as object | undefined), ...ends },
    ...(states === undefined ? {} : { states: Object.fromEntries(inner) }),
  };
}

/** Every transition of a chart. */
export function arrowsOf(node: AnyStateNode): unknown[] {
  const own = [...node.transitions.values()].flat();
  return [...own, ...Object.values(node.states).flatMap(arrowsOf)];
}
