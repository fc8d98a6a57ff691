import type { AnyStateMachine } from 'xstate';

/** A machine's configuration as JSON: guards, actions and actors by name. What only code can say (context, parameters, inputs) is left out. */
export type ChartJson = Readonly<Record<string, unknown>>;

/** The chart of a machine, as XState's `createMachine` and Stately's editor take it. */
export function chartJson(machine: AnyStateMachine): ChartJson {
  return nodeJson(machine.config as Loose);
}

type Loose = Readonly<Record<string, unknown>>;

function nodeJson(config: Loose): ChartJson {
  const { id, type, initial, entry, exit, invoke, on, onDone, always, states } = config;
  return withoutUndefined({
    id,
    type,
    initial,
    entry: entry && named(entry),
    exit: exit && named(exit),
    invoke: invoke && list(invoke).map(each => invocation(each as Loose)),
    on: on && mapped(on, transitions),
    onDone: onDone && transitions(onDone),
    always: always && transitions(always),
    states: states && mapped(states, node => nodeJson(node as Loose)),
  });
}

const invocation = ({ id, src, onDone, onError }: Loose): ChartJson =>
  withoutUndefined({
    id,
    src,
    onDone: onDone && transitions(onDone),
    onError: onError && transitions(onError),
  });

/** An empty transition forbids what a parent would do. */
const transitions = (given: unknown): ChartJson[] =>
  list(given).map(each => {
    if (typeof each === 'string') return { target: each };
    const { target, guard, actions, reenter } = each as Loose;
    return withoutUndefined({
      target,
      reenter,
      guard: guard && { type: guardName(guard) },
      actions: actions && named(actions),
    });
  });

const named = (actions: unknown): ChartJson[] =>
  list(actions).map(action => ({ type: typeOf(action) }));

/** A guard's name; of one that is put together (`and`, `or`, `not`), what it is put together of. */
export function guardName(guard: unknown): string {
  const { guards } = guard as { readonly guards?: readonly unknown[] };
  return typeof guard === 'function' && guards !== undefined
    ? guards.map(guardName).join(` ${operatorOf(guard)} `)
    : typeOf(guard);
}

const operatorOf = (guard: object): string =>
  (guard as { readonly check?: { readonly name?: string } }).check?.name === 'checkOr'
    ? 'or'
    : 'and';

export const typeOf = (named: unknown): string =>
  typeof named === 'string' ? named : ((named as { readonly type?: string }).type ?? 'inline');

export const list = (given: unknown): readonly unknown[] =>
  Array.isArray(given) ? given : [given];

const mapped = <T>(given: unknown, map: (value: unknown) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(given as Loose).map(([key, value]) => [key, map(value)]));

const withoutUndefined = (object: Loose): ChartJson =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
