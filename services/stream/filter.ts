import type { Transition, TransitionFilter } from '../ports.ts';

/** Whether a transition fits; made once, asked for each. */
export function fits(filter: TransitionFilter): (transition: Transition) => boolean {
  const ids = setOf(filter.ids);
  const names = setOf(filter.names);
  const states = setOf<string>(filter.states);
  const keys = setOf(filter.keys);
  const ofOperations = concernsOperations(filter);
  const ofBreakers = concernsBreakers(filter);
  return transition => {
    if (transition.kind === 'breaker') return ofBreakers && has(keys, transition.key);
    return (
      ofOperations &&
      has(ids, transition.operationId) &&
      has(names, transition.name) &&
      has(states, transition.to)
    );
  };
}

export const concernsOperations = (filter: TransitionFilter): boolean =>
  filter.keys === undefined || asksForOperations(filter);

export const concernsBreakers = (filter: TransitionFilter): boolean =>
  filter.keys !== undefined || !asksForOperations(filter);

/** The one operation or breaker that a filter is about, as the store finds it; undefined for several. */
export function onlyOwner(
  filter: TransitionFilter,
): { readonly operationId: string } | { readonly breakerKey: string } | undefined {
  const [id, ...otherIds] = filter.ids ?? [];
  const [key, ...otherKeys] = filter.keys ?? [];
  if (id !== undefined && otherIds.length === 0 && filter.keys === undefined) {
    return { operationId: id };
  }
  if (key !== undefined && otherKeys.length === 0 && !concernsOperations(filter)) {
    return { breakerKey: key };
  }
  return undefined;
}

const asksForOperations = ({ ids, names, states }: TransitionFilter): boolean =>
  ids !== undefined || names !== undefined || states !== undefined;

const setOf = <T>(values: readonly T[] | undefined): ReadonlySet<T> | undefined =>
  values === undefined ? undefined : new Set(values);

const has = <T>(set: ReadonlySet<T> | undefined, value: T): boolean =>
  set === undefined || set.has(value);
