import { PersistenceError } from '../../services/errors.ts';
import type { StatePersistence } from '../../services/ports.ts';

/** A store that gives no answer any more once its process is dead. */
export function mortal(
  store: StatePersistence,
  isAlive: () => boolean,
  commit: StatePersistence['commit'],
): StatePersistence {
  let closed = false;
  const answered = async <T>(answer: () => Promise<T>): Promise<T> => {
    if (!isAlive()) return never();
    if (closed) throw new PersistenceError('the store is closed');
    try {
      const value = await answer();
      return isAlive() ? value : await never();
    } catch (error) {
      if (!isAlive()) return never();
      throw error;
    }
  };
  return {
    open: () => answered(() => store.open()),
    commit: batch => answered(() => commit(batch)),
    find: id => answered(() => store.find(id)),
    unfinished: query => answered(() => store.unfinished(query)),
    list: query => answered(() => store.list(query)),
    summaries: query => answered(() => store.summaries(query)),
    counts: () => answered(() => store.counts()),
    steps: id => answered(() => store.steps(id)),
    stepsOf: ids => answered(() => store.stepsOf(ids)),
    transitions: query => answered(() => store.transitions(query)),
    transitionCounts: () => answered(() => store.transitionCounts()),
    breakers: () => answered(() => store.breakers()),
    prune: query => answered(() => store.prune(query)),
    health: () => store.health(),
    close: async () => {
      if (closed || !isAlive()) return;
      await store.close();
      closed = true;
    },
  };
}

const never = <T>() => new Promise<T>(() => {});
