import type { StatePersistence } from '../../services/ports.ts';

/** An opened, empty store. */
export interface PersistenceFixture {
  readonly store: StatePersistence;
  /** Closes it and opens the same data again; left out where data end with the instance. */
  readonly reopen?: () => Promise<StatePersistence>;
  readonly dispose: () => Promise<void>;
}

/** Adds a test with a store of its own. */
export type Check = (
  title: string,
  body: (store: StatePersistence, fixture: PersistenceFixture) => Promise<void>,
) => void;
