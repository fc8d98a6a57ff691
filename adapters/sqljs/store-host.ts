import type { PersistenceError } from '../../services/errors.ts';
import { acquireLock, type StoreLock } from './lock.ts';
import type { LogRequest, LogSettings, Request, SqlRequest } from './messages.ts';
import { settledPath } from './paths.ts';
import type { Notice } from './thread.ts';
import { startThreads } from './threads.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Does one side's work of a store, wherever that is: calls and their answers. */
export interface Side<R extends Request> {
  call(request: WithoutId<R>): Promise<unknown>;
  /** Lets go of everything; what is under way is rejected with `error`. */
  end(error: PersistenceError): Promise<void>;
}

/** The log's side makes commits durable, the SQL side keeps the database. */
export interface Sides {
  readonly log: Side<LogRequest>;
  readonly sql: Side<SqlRequest>;
}

/** Where a store lives. */
export interface StoreHost {
  /** The path with its links resolved; its folder is there afterwards. @throws PersistenceError */
  settle(path: string): string;
  /** @throws PersistenceError with code STORE_LOCKED */
  lock(path: string): Promise<StoreLock>;
  /** `onEnd` is called once where a side ends by itself. */
  start(
    settings: LogSettings,
    onNotice: (notice: Notice) => void,
    onEnd: (error: PersistenceError) => void,
  ): Sides;
}

/** The real disk, with each side in a thread of its own. */
export const threadedHost: StoreHost = {
  settle: settledPath,
  lock: path => acquireLock(path),
  start: startThreads,
};
