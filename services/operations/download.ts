import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ValidationError } from '../errors.ts';
import type { OperationContext } from '../ports.ts';
import { TransferError } from './download/errors.ts';
import { exchange } from './download/exchange.ts';
import { exclusive } from './download/exclusive.ts';
import { type DownloadInput, type Order, parseInput } from './download/input.ts';
import { type DownloadProgress, Meter } from './download/meter.ts';
import { Part, partPath } from './download/part.ts';
import { ignoreMissing, readRecord, removeRecord } from './download/record.ts';

export { HttpStatusError, TransferError } from './download/errors.ts';
export type { DownloadInput, DownloadProgress };

export interface DownloadResult {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  /** Of the whole file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Bytes that were there before the attempt that finished it: 0 for a download in one go, `bytes` when there was nothing left to fetch. */
  readonly resumedFrom: number;
}

/**
 * Downloads a file over HTTP, and goes on where an earlier attempt or process stopped.
 *
 * Bytes go to `<file>.part`; `<file>.part.json` keeps which version of the remote file they belong to. The file gets its name by one rename
 * when it is complete, synced and checked, so that at no moment a half or wrong file has that name; what had it before stays until then.
 * A file that is there already with the given SHA-256 is taken as it is. Says how far it is by `op.progress(DownloadProgress)`, at most
 * ten times a second. Within a process one attempt at a time writes a file; that two processes do not is the store's affair, which lets
 * one process in.
 *
 * @throws ValidationError (do not retry) for an unusable input, a folder in the file's place, a compressed response, or a wrong SHA-256 of a
 * file that came in one go
 * @throws HttpStatusError for a status other than 200, 206 and 416, with the server's `Retry-After`
 * @throws TransferError for a body that is shorter or longer than announced, a wrong range, or a wrong SHA-256 of a file that was put
 * together from several attempts or whose end the server does not tell; that one is dropped, and the next attempt starts from the beginning
 * @throws AttemptTimeoutError when the server is silent for `idleTimeout`
 */
export async function download(
  input: DownloadInput,
  op: OperationContext,
): Promise<DownloadResult> {
  const order = parseInput(input);
  const result = await op.step('transfer', () =>
    exclusive(order.file, op.signal, () => transfer(order, op)),
  );
  // The record outlives the step on purpose: had the process died between the rename and the step's commit, it tells the next attempt
  // that the file is the finished one.
  await exclusive(order.file, op.signal, async () => {
    const record = await readRecord(order.file);
    if (record?.complete === result.sha256) await removeRecord(order.file);
  });
  return result;
}

async function transfer(order: Order, op: OperationContext): Promise<DownloadResult> {
  await makeRoom(order.file);
  const meter = new Meter(progress => op.progress(progress));
  const there = await alreadyThere(order, op.signal);
  if (there !== undefined) {
    meter.begin(there.bytes, there.bytes);
    return there;
  }
  const part = await Part.open(order, op.signal);
  try {
    if (part.position > 0) {
      op.log.info({ bytes: part.position }, 'resuming');
      meter.begin(part.position, part.version.total);
    }
    while (!part.complete) {
      await exchange({ order, part, meter, signal: op.signal, log: op.log });
    }
    meter.end(part.position, part.position);
    return await finish(order, part);
  } catch (error) {
    // What has come is kept for the next attempt. Where the disk refuses that too, the first error says more.
    await part.sync().catch(problem => op.log.warn({ problem: String(problem) }, 'not synced'));
    throw error;
  } finally {
    await part.close();
  }
}

async function finish(order: Order, part: Part): Promise<DownloadResult> {
  const sha256 = part.digest();
  const { position: bytes, resumedFrom } = part;
  if (order.sha256 !== undefined && sha256 !== order.sha256) {
    await part.discard();
    const details = { expected: order.sha256, actual: sha256, bytes };
    if (resumedFrom === 0 && !part.doubtful) {
      throw new ValidationError(
        `${order.url} is not the expected file: its SHA-256 is ${sha256}, not ${order.sha256}`,
        { details },
      );
    }
    throw new TransferError(
      `what came${resumedFrom === 0 ? '' : ' in several attempts'} has the wrong SHA-256 ${sha256}; starting over`,
      { details },
    );
  }
  await part.publish();
  return { file: order.file, bytes, sha256, resumedFrom };
}

async function makeRoom(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new ValidationError(`${dirname(file)} is not a folder`, { cause: error });
  }
  const target = await stat(file).catch(ignoreMissing);
  if (target?.isDirectory()) {
    throw new ValidationError(`${file} is a folder; name the file to write`, { details: { file } });
  }
}

/** The finished file of an attempt that could not tell any more, or one that has the right content anyway. */
async function alreadyThere(
  order: Order,
  signal: AbortSignal,
): Promise<DownloadResult | undefined> {
  const target = await stat(order.file).catch(ignoreMissing);
  const record = await readRecord(order.file);
  const finished = record?.url === order.url ? (record.complete ?? undefined) : undefined;
  const expected = order.sha256 ?? finished;
  if (!target?.isFile() || expected === undefined) return undefined;
  const sha256 = await hashFile(order.file, signal);
  if (sha256 !== expected) return undefined;
  await rm(partPath(order.file), { force: true });
  if (record?.complete !== sha256) await removeRecord(order.file);
  return { file: order.file, bytes: target.size, sha256, resumedFrom: target.size };
}

async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}
