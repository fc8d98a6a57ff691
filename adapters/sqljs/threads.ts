import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { PersistenceError } from '../../services/errors.ts';
import { Backlog } from './backlog.ts';
import type { LogRequest, LogSettings, SqlRequest } from './messages.ts';
import { type Notice, Thread } from './thread.ts';

/** The two threads of a store: the log thread makes commits durable, the SQL thread keeps the database. */
export interface Threads {
  readonly log: Thread<LogRequest>;
  readonly sql: Thread<SqlRequest>;
}

/** Starts both, with a port between them, over which the log thread hands on what is durable. */
export function startThreads(
  settings: LogSettings,
  onNotice: (notice: Notice) => void,
  onEnd: (error: PersistenceError) => void,
): Threads {
  const { port1: logPort, port2: sqlPort } = new MessageChannel();
  const backlog = new Backlog().shared;
  const start = (file: string, ports: Readonly<Record<string, MessagePort>>) =>
    new Worker(new URL(file, import.meta.url), {
      workerData: { ...settings, backlog, ...ports },
      transferList: Object.values(ports),
      execArgv: [], // some of the program's own flags, such as --input-type, stop a worker from starting
    });
  return {
    log: new Thread(start('./log-worker.js', { sqlPort }), 'log', onNotice, onEnd),
    sql: new Thread(start('./sql-worker.js', { logPort }), 'SQL', onNotice, onEnd),
  };
}
