import { ValidationError } from '../../errors.ts';
import type { OperationContext } from '../../ports.ts';
import { Connection } from './connection.ts';
import type { Digests } from './digests.ts';
import { diskErrorOf, ensureSpace } from './disk.ts';
import { TransferError } from './errors.ts';
import { exchange, type Opened } from './exchange.ts';
import { orAborted } from './hasher.ts';
import type { Order } from './input.ts';
import { Meter } from './meter.ts';
import { Part } from './part.ts';
import { FileChanged, fetchRanges, RangesRefused } from './ranges/fetch-ranges.ts';
import { firstRange, isPieceOfUnknown, planOf, type RangeSettings } from './ranges/plan.ts';
import { RangedPart } from './ranges/ranged-part.ts';
import { readRecord } from './record.ts';
import type { DownloadResult } from './result.ts';
import { alreadyThere, makeRoom } from './target.ts';
import { expectationOf } from './verification.ts';

/** What whoever looks after several downloads adds to each. */
export interface TransferSettings {
  /** @default one stream */
  readonly ranges?: RangeSettings | undefined;
  /** Waits where bytes come too fast. */
  readonly pace?: ((bytes: number) => Promise<void> | undefined) | undefined;
  /** Refuses a file that must not be written. Asked before and after its folders are made. */
  readonly guard?: ((file: string) => Promise<void>) | undefined;
  /** Gets the file without asking the server, where it can. */
  readonly elsewhere?:
    | ((order: Order, op: OperationContext) => Promise<DownloadResult | undefined>)
    | undefined;
  /** Waits until the server may be asked; gives what is to be called afterwards. */
  readonly enter?: ((order: Order, signal: AbortSignal) => Promise<() => void>) | undefined;
}

interface Work {
  readonly order: Order;
  readonly op: OperationContext;
  readonly settings: TransferSettings;
  readonly meter: Meter;
}

/** How often the file may change while one attempt fetches it. */
const MAX_CHANGES = 2;

/** Brings the file to its place, by whatever way. */
export async function transfer(
  order: Order,
  op: OperationContext,
  settings: TransferSettings = {},
): Promise<DownloadResult> {
  await settings.guard?.(order.file);
  await makeRoom(order.file);
  await settings.guard?.(order.file);
  const meter = new Meter(progress => op.progress(progress));
  const there = (await alreadyThere(order, op.signal)) ?? (await settings.elsewhere?.(order, op));
  if (there !== undefined) {
    meter.begin(there.bytes, there.bytes);
    return there;
  }
  const leave = await settings.enter?.(order, op.signal);
  try {
    return await fetchFile({ order, op, settings, meter });
  } finally {
    leave?.();
  }
}

async function fetchFile(work: Work): Promise<DownloadResult> {
  for (let changes = 1; ; changes += 1) {
    try {
      return await begin(work);
    } catch (error) {
      if (!(error instanceof FileChanged) || changes > MAX_CHANGES) throw error;
      work.op.log.info({ problem: error.message }, 'the file has changed; starting over');
    }
  }
}

/** Finds out whether it comes in ranges or in one stream, and fetches it. */
async function begin(work: Work): Promise<DownloadResult> {
  const { order, op, settings } = work;
  if (settings.ranges === undefined) return stream(work);
  const reopened = await RangedPart.reopen(order);
  if (reopened !== undefined) return inRanges(work, reopened, settings.ranges);
  const record = await readRecord(order.file);
  const begun = record?.url === order.url && (record.durable > 0 || record.single === true);
  if (begun) return stream(work);
  const connection = new Connection(order, op.signal);
  try {
    const head = await connection.request({ range: firstRange(settings.ranges) });
    const plan = planOf(head);
    if (plan === undefined && !isPieceOfUnknown(head, order)) {
      return await stream(work, { connection, head });
    }
    if (plan === undefined) {
      connection.close();
      return await stream(work);
    }
    await ensureSpace(order.file, plan.version.total, 0);
    const part = await RangedPart.create(order, plan);
    return await inRanges(work, part, settings.ranges, { connection, head });
  } finally {
    connection.close();
  }
}

async function inRanges(
  work: Work,
  part: RangedPart,
  { count }: RangeSettings,
  opened?: Opened,
): Promise<DownloadResult> {
  const { order, op, meter, settings } = work;
  try {
    if (part.resumedFrom > 0) op.log.info({ bytes: part.resumedFrom }, 'resuming');
    await ensureSpace(order.file, part.version.total, part.done);
    meter.begin(part.done, part.version.total);
    await fetchRanges({ order, part, meter, op, count, pace: settings.pace }, opened);
    meter.end(part.done, part.version.total);
    return await finish(order, part, part.version.total, op.signal);
  } catch (error) {
    if (error instanceof FileChanged) await part.discard();
    else if (error instanceof RangesRefused) await part.discard({ single: true });
    else throw await kept(work, part, part.done, error);
    throw error;
  } finally {
    await part.close();
  }
}

async function stream(work: Work, opened?: Opened): Promise<DownloadResult> {
  const { order, op, meter, settings } = work;
  const { signal, log } = op;
  const part = await Part.open(order);
  const tools = { order, part, meter, signal, log, pace: settings.pace };
  try {
    if (part.position > 0) {
      log.info({ bytes: part.position }, 'resuming');
      meter.begin(part.position, part.version.total);
    }
    if (opened !== undefined) await exchange(tools, opened);
    while (!part.complete) await exchange(tools);
    meter.end(part.position, part.position);
    return await finish(order, part, part.position, signal);
  } catch (error) {
    throw await kept(work, part, part.written, error);
  } finally {
    await part.close();
  }
}

/** What has come is kept for the next attempt. Where the disk refuses that too, the first error says more. */
async function kept(
  { order, op }: Work,
  part: Part | RangedPart,
  there: number,
  error: unknown,
): Promise<unknown> {
  await part.sync().catch(problem => op.log.warn({ problem: String(problem) }, 'not synced'));
  return diskErrorOf(error, order.file, part.version.total, there);
}

async function finish(
  order: Order,
  part: Part | RangedPart,
  bytes: number,
  signal: AbortSignal,
): Promise<DownloadResult> {
  const digests = await orAborted(part.digests(), signal);
  await verify(order, part, digests, bytes);
  const { sha256 = '' } = digests;
  const { resumedFrom } = part;
  await part.publish(sha256);
  return { file: order.file, bytes, sha256, resumedFrom };
}

async function verify(
  order: Order,
  part: Part | RangedPart,
  digests: Digests,
  bytes: number,
): Promise<void> {
  const expectation = expectationOf(order, part.version.digests);
  if (expectation === undefined) return;
  const { algorithm, expected, by } = expectation;
  const actual = digests[algorithm];
  if (actual === expected) return;
  const { inOneGo } = part;
  await part.discard({ single: true });
  const details = { algorithm, expected, by, actual, bytes };
  const name = algorithm === 'sha256' ? 'SHA-256' : 'SHA-512';
  const word = by === 'input' ? '' : ' that the server told';
  if (inOneGo) {
    throw new ValidationError(
      `${order.url} is not the expected file: its ${name} is ${actual}, not ${expected}${word}`,
      { details },
    );
  }
  throw new TransferError(
    `what came in several responses has the wrong ${name} ${actual}; starting over`,
    { details },
  );
}
