import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PersistenceError } from '../../services/errors.ts';
import { Backlog } from './backlog.ts';
import { nodeFileSystem } from './file-system.ts';
import {
  type Answer,
  type Durable,
  type Ending,
  type LogRequest,
  type LogSettings,
  type ToLog,
  type ToSql,
  toWire,
} from './messages.ts';
import { storePaths } from './paths.ts';
import type { FrameKind } from './redo-format.ts';
import { RedoLog } from './redo-log.ts';

/** The log thread: makes each commit durable, says so, and tells the SQL thread. A shell around `RedoLog`. */
export interface LogWorkerData extends LogSettings {
  readonly backlog: SharedArrayBuffer;
  readonly sqlPort: MessagePort;
}

/** Generations that may wait for an image. */
const MOST_GENERATIONS = 8;

const { path, checkpointBytes, checkpointInterval, sqlPort, ...data } = workerData as LogWorkerData;
const main = parentPort as MessagePort;
const backlog = new Backlog(data.backlog);
let log: RedoLog | undefined;
let imageBytes = 0;
/** Redo bytes that the image being written will hold; undefined while none is. */
let coming: number | undefined;
/** Redo bytes at which the next checkpoint begins. */
let threshold = checkpointBytes;
let imageGeneration = 0;

main.on('message', (request: LogRequest) => {
  try {
    answer({ id: request.id, result: handle(request) });
  } catch (error) {
    answer({ id: request.id, error: toWire(error) });
  }
  if (log && (request.type === 'commit' || request.type === 'prune')) checkpointWhenDue(log);
});

sqlPort.on('message', (message: ToLog) => {
  const held = coming ?? 0;
  coming = undefined;
  if (message.type === 'checkpointed') {
    imageBytes = message.imageBytes;
    imageGeneration = message.generation;
    log?.forget(held);
    threshold = dueBytes();
    answer({ notice: 'checkpoint', imageBytes, redoBytes: log?.bytes ?? 0 });
  } else {
    threshold = (log?.bytes ?? 0) + checkpointBytes;
    answer({ notice: 'checkpoint-failed', error: message.error });
  }
});

function handle(request: LogRequest): unknown {
  switch (request.type) {
    case 'start':
      log = new RedoLog(nodeFileSystem, storePaths(path), request.start);
      imageBytes = request.imageBytes;
      imageGeneration = request.start.imageGeneration;
      threshold = dueBytes();
      if (checkpointInterval > 0) setInterval(checkpointOldFrames, checkpointInterval);
      return undefined;
    case 'close': {
      if (!log) return undefined;
      const { generation, bytes } = log;
      log.close();
      log = undefined;
      const empty = bytes === 0 && coming === undefined && generation === imageGeneration;
      return (empty ? { emptyRedo: generation } : { image: generation + 1 }) satisfies Ending;
    }
    default:
      return append(request.type, request.payload, request.count);
  }
}

function append(kind: FrameKind, payload: string, count: number): Durable {
  if (!log) throw new PersistenceError('the store is not open');
  if (!backlog.waitForRoom()) throw new PersistenceError('the SQL thread does not keep up');
  const { sequence, position, frame } = log.append(kind, payload, count);
  backlog.add(frame.length);
  tellSql({ type: 'frame', kind, sequence, position, count, frame }, frame.buffer as ArrayBuffer);
  return { sequence, position, redoBytes: log.bytes };
}

/** A large image is written less often: each costs its whole size. */
function dueBytes(): number {
  return Math.max(checkpointBytes, imageBytes / 2);
}

function checkpointWhenDue(current: RedoLog): void {
  if (coming !== undefined) return;
  const generations = current.generation - imageGeneration;
  if (current.bytes >= threshold || generations >= MOST_GENERATIONS) beginCheckpoint(current);
}

function checkpointOldFrames(): void {
  if (log && coming === undefined && log.bytes > 0) beginCheckpoint(log);
}

/** From here on commits go into the next generation, while the SQL thread writes an image of all before. */
function beginCheckpoint(current: RedoLog): void {
  const held = current.bytes;
  try {
    current.rotate();
  } catch (error) {
    threshold = held + checkpointBytes;
    answer({ notice: 'checkpoint-failed', error: toWire(error) });
    return;
  }
  coming = held;
  tellSql({ type: 'checkpoint', generation: current.generation });
}

function tellSql(message: ToSql, ...transfer: ArrayBuffer[]): void {
  sqlPort.postMessage(message, transfer);
}

function answer(message: Answer): void {
  main.postMessage(message);
}
