import type { OperationContext } from '../ports.ts';
import { exclusive } from './download/exclusive.ts';
import { type DownloadInput, type Order, parseInput } from './download/input.ts';
import type { DownloadProgress } from './download/meter.ts';
import { readRecord, removeRecord } from './download/record.ts';
import type { DownloadResult } from './download/result.ts';
import { type TransferSettings, transfer } from './download/transfer.ts';

export { DiskSpaceError, HttpStatusError, TransferError } from './download/errors.ts';
export type { DownloadInput, DownloadProgress, DownloadResult };

/**
 * Downloads a file over HTTP, and goes on where an earlier attempt or process stopped.
 *
 * Bytes go to `<file>.part`; `<file>.part.json` keeps which version of the remote file they belong to. The file gets its name by one rename
 * when it is complete, synced and checked, so that at no moment a half or wrong file has that name; what had it before stays until then.
 * A file that is there already with the given SHA-256 is taken as it is. Says how far it is by `op.progress(DownloadProgress)`, at most
 * ten times a second. Within a process one attempt at a time writes a file; that two processes do not is the store's affair, which lets
 * one process in.
 *
 * @throws ValidationError (do not retry) for an unusable input, a folder in the file's place, a compressed response, a redirect that is refused,
 * or a wrong checksum of a file that came in one go
 * @throws HttpStatusError for a status other than 200, 206 and 416, with the server's `Retry-After`
 * @throws TransferError for a body that is shorter or longer than announced, a wrong range, or a wrong checksum of a file that was put
 * together from several attempts or whose end the server does not tell; that one is dropped, and the next attempt starts from the beginning
 * @throws DiskSpaceError where the file does not fit, before it is fetched or on the way; what has come is kept
 * @throws AttemptTimeoutError when the server is silent for `idleTimeout`
 */
export async function download(
  input: DownloadInput,
  op: OperationContext,
): Promise<DownloadResult> {
  return downloadOrder(parseInput(input), op);
}

/** The same for an input that was checked. */
export async function downloadOrder(
  order: Order,
  op: OperationContext,
  settings: TransferSettings = {},
): Promise<DownloadResult> {
  const result = await op.step('transfer', () =>
    exclusive(order.file, op.signal, () => transfer(order, op, settings)),
  );
  // The record outlives the step on purpose: had the process died between the rename and the step's commit, it tells the next attempt
  // that the file is the finished one.
  await exclusive(order.file, op.signal, async () => {
    const record = await readRecord(order.file);
    if (record?.complete === result.sha256) await removeRecord(order.file);
  });
  return result;
}
