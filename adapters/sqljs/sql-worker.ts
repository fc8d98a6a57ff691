import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { PersistenceError } from '../../services/errors.ts';
import { Backlog } from './backlog.ts';
import { nodeFileSystem } from './file-system.ts';
import {
  type Answer,
  type Ending,
  type Opened,
  type SqlRequest,
  type ToLog,
  type ToSql,
  toWire,
} from './messages.ts';
import { storePaths } from './paths.ts';
import { jsonOf } from './queries.ts';
import { recoverStore } from './recover-store.ts';
import { FRAME_HEADER } from './redo-format.ts';
import { SqlSide } from './sql-side.ts';
import { loadSqlite } from './sqlite.ts';

/** The SQL thread: recovers the store, applies what the log thread has made durable, answers reads, writes images. A shell around `SqlSide`. */
export interface SqlWorkerData {
  readonly path: string;
  readonly backlog: SharedArrayBuffer;
  readonly logPort: MessagePort;
}

/** Frames are applied when so many bytes wait, or so many milliseconds after the first. Until then several writes of one operation become one. */
const APPLY_BYTES = 4 * 1024 * 1024;
const APPLY_DELAY = 100;

const { path, logPort, ...data } = workerData as SqlWorkerData;
const main = parentPort as MessagePort;
const paths = storePaths(path);
const backlog = new Backlog(data.backlog);
let side: SqlSide | undefined;
let waitingBytes = 0;
let timer: NodeJS.Timeout | undefined;
let image:
  | { readonly generation: number; readonly steps: Generator<void, number, void> }
  | undefined;

main.on('message', (request: SqlRequest) => {
  handle(request).then(
    result => answer({ id: request.id, result }),
    error => answer({ id: request.id, error: toWire(error) }),
  );
});

logPort.on('message', fromLog);

async function handle(request: SqlRequest): Promise<unknown> {
  switch (request.type) {
    case 'open': {
      const { sql, ...opened } = recoverStore(nodeFileSystem, paths, await loadSqlite());
      side = new SqlSide(nodeFileSystem, paths, sql);
      return opened satisfies Opened;
    }
    case 'rows': {
      const { sql } = seen(request.after);
      return jsonOf(sql.rows(request.sql, request.values));
    }
    case 'pruned':
      return seen(request.after).sql.pruned(request.after);
    case 'close':
      return close(request.ending);
  }
}

/** The database with every frame up to `sequence` in it. The log thread sends a frame before it acknowledges it, so it is here. */
function seen(sequence: number): SqlSide {
  if (!side) throw new PersistenceError('the store is not open');
  while (side.received < sequence) {
    const next = receiveMessageOnPort(logPort) as { readonly message: ToSql } | undefined;
    if (!next) throw new PersistenceError(`frame ${sequence} has not reached the SQL thread`);
    fromLog(next.message);
  }
  drain(side);
  return side;
}

function fromLog(message: ToSql): void {
  if (!side) return;
  if (message.type === 'checkpoint') {
    beginImage(side, message.generation);
    return;
  }
  const { kind, sequence, position, count, frame } = message;
  const payload = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString(
    'utf8',
    FRAME_HEADER,
  );
  side.receive({ kind, sequence, position, count, payload });
  waitingBytes += frame.byteLength;
  if (waitingBytes >= APPLY_BYTES) drain(side);
  else timer ??= setTimeout(drain, APPLY_DELAY, side);
}

function drain(current: SqlSide): void {
  clearTimeout(timer);
  timer = undefined;
  try {
    current.drain();
  } catch (error) {
    breakDown(error);
    throw error;
  }
  backlog.subtract(waitingBytes);
  waitingBytes = 0;
}

/** The image is taken now, before the frames that come behind this message; it is written bit by bit. */
function beginImage(current: SqlSide, generation: number): void {
  drain(current);
  try {
    image = { generation, steps: current.checkpoint(generation) };
    setImmediate(continueImage);
  } catch (error) {
    breakDown(error); // the database is closed and opened again while it is exported
  }
}

/** One piece of the image; then whoever waits has a turn. */
function continueImage(): void {
  if (!image) return;
  try {
    const { done, value: imageBytes } = image.steps.next();
    if (!done) {
      setImmediate(continueImage);
      return;
    }
    const { generation } = image;
    image = undefined;
    tellLog({ type: 'checkpointed', generation, imageBytes });
  } catch (error) {
    image = undefined;
    tellLog({ type: 'checkpoint-failed', error: toWire(error) });
  }
}

/** Brings the image up to the last frame, so that the store is one ordinary SQLite file. */
function close(ending: Ending): void {
  if (!side) return;
  for (let next = receiveMessageOnPort(logPort); next; next = receiveMessageOnPort(logPort)) {
    fromLog((next as { readonly message: ToSql }).message);
  }
  while (image) continueImage();
  const current = side;
  side = undefined;
  try {
    if ('emptyRedo' in ending) current.removeRedo(ending.emptyRedo);
    else for (const _ of current.checkpoint(ending.image));
  } finally {
    current.sql.close();
  }
}

/** What is durable can't be applied: nothing that is read here would be true any more. */
function breakDown(error: unknown): void {
  side = undefined;
  answer({ notice: 'broken', error: toWire(error) });
}

function tellLog(message: ToLog): void {
  logPort.postMessage(message);
}

function answer(message: Answer): void {
  main.postMessage(message);
}
