import { retryAfterOf } from '../../classification/retry-after.ts';
import { ValidationError } from '../../errors.ts';
import type { Logger } from '../../ports.ts';
import { Connection, type Head } from './connection.ts';
import { ensureSpace } from './disk.ts';
import { HttpStatusError, TransferError } from './errors.ts';
import type { HeaderFields } from './headers.ts';
import type { Order } from './input.ts';
import type { Meter } from './meter.ts';
import type { Part } from './part.ts';
import type { Sink } from './request.ts';
import {
  endsCertainly,
  type Stretch,
  servesRanges,
  stretchOf,
  unsatisfiedTotal,
  validatorsOf,
  versionOf,
} from './response.ts';

export interface ExchangeTools {
  readonly order: Order;
  readonly part: Part;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Waits where the bytes of all transfers come too fast. */
  readonly pace?: ((bytes: number) => Promise<void> | undefined) | undefined;
}

/** A request that is under way already, for a range from the beginning of the file. */
export interface Opened {
  readonly connection: Connection;
  readonly head: Head;
}

/** What the coming body is good for. `until` is the position at which it has to end; null where the end of the body says so. */
type Verdict = { readonly read: false } | { readonly read: true; readonly until: number | null };

/**
 * One request, and what it brings into the part. Afterwards the part is complete, or longer, or empty where the server's file is another
 * one by now; so asking again comes to an end.
 */
export async function exchange(tools: ExchangeTools, opened?: Opened): Promise<void> {
  const { order, part, signal } = tools;
  const connection = opened?.connection ?? new Connection(order, signal);
  try {
    const asked = opened !== undefined || part.position > 0;
    const head = opened?.head ?? (await connection.request(requestHeaders(part)));
    const verdict = await judge(head, asked, tools);
    if (!verdict.read) return;
    await ensureSpace(order.file, part.version.total, part.position);
    await readBody(connection, verdict.until, tools);
    if (verdict.until === null) judgeEnd(head.headers, tools);
  } finally {
    connection.close();
  }
}

function requestHeaders(part: Part): Record<string, string> {
  if (part.position === 0) return {};
  const { validator } = part;
  return {
    range: `bytes=${part.position}-`,
    ...(validator === null ? {} : { 'if-range': validator }),
  };
}

async function judge(head: Head, asked: boolean, tools: ExchangeTools): Promise<Verdict> {
  const { part, order, log } = tools;
  const { status, statusText, headers } = head;
  if (status === 416 && asked) return judgeUnsatisfied(head, tools);
  if (status !== 200 && !(status === 206 && asked)) {
    throw new HttpStatusError(order.url, status, statusText, retryAfterOf({ headers }, Date.now));
  }
  refuseEncoding(head);
  if (status === 206) return judgePartial(head, tools);
  const dropped = part.position;
  if (dropped > 0) log.info({ dropped }, 'the server sends the file from its beginning');
  const version = versionOf(head);
  await part.restart(version);
  tools.meter.begin(0, version.total);
  return { read: true, until: version.total };
}

async function judgePartial(head: Head, { part, meter, log }: ExchangeTools): Promise<Verdict> {
  const stretch = stretchOf(head.headers);
  if (part.position === 0 && stretch?.start === 0) {
    await part.restart({ ...versionOf(head), total: stretch.total });
    meter.begin(0, stretch.total);
  }
  const problem = partialProblem(head.headers, stretch, part);
  if (stretch === undefined || problem !== undefined) {
    const asked = part.position;
    // A server that does this will do it again, so only a start from the beginning can help.
    await part.restart({ etag: null, lastModified: null, total: null });
    throw new TransferError(`${head.url} sent ${problem}; starting over`, {
      details: { asked, contentRange: head.headers.get('content-range') },
    });
  }
  if (stretch.total !== null) part.settle(stretch.total, { doubtful: false });
  log.debug({ from: stretch.start, total: stretch.total }, 'the server continues');
  return { read: true, until: stretch.end };
}

export const OTHER_VERSION = 'a part of another version of the file';

export function partialProblem(
  headers: HeaderFields,
  stretch: Stretch | undefined,
  { version: { etag, total }, position }: Pick<Part, 'version' | 'position'>,
): string | undefined {
  if (stretch === undefined) return 'a part of the file without saying which';
  const sentTag = validatorsOf(headers).etag;
  const otherTag = etag !== null && sentTag !== null && sentTag !== etag;
  const otherSize = total !== null && stretch.total !== null && stretch.total !== total;
  if (otherTag || otherSize) return OTHER_VERSION;
  if (stretch.start !== position) {
    return `bytes from ${stretch.start} where ${position} was asked for`;
  }
  return undefined;
}

/** There is nothing after what is there: it is complete, or the remote file has become shorter. */
async function judgeUnsatisfied({ headers }: Head, { part, log }: ExchangeTools): Promise<Verdict> {
  const total = unsatisfiedTotal(headers);
  const sentTag = validatorsOf(headers).etag;
  const sameTag = sentTag === null || part.position === 0 || sentTag === part.version.etag;
  if (total === part.position && sameTag) {
    part.settle(total, { doubtful: false });
  } else {
    log.info({ dropped: part.position, total }, 'the file has changed; starting over');
    await part.restart({ etag: null, lastModified: null, total: null });
  }
  return { read: false };
}

async function readBody(
  connection: Connection,
  until: number | null,
  { part, meter, order, pace }: ExchangeTools,
): Promise<void> {
  const sink: Sink = chunk => {
    if (until !== null && part.position + chunk.length > until) {
      throw new TransferError(`${order.url} sent more than it announced`, { details: { until } });
    }
    const taken = part.append(chunk);
    meter.advance(part.position, part.version.total);
    return bothOf(taken, pace?.(chunk.length));
  };
  await connection.receive(sink, () => part.room);
  if (until !== null && part.position < until) {
    throw new TransferError(`${order.url} ended early`, {
      details: { received: part.position, announced: until },
    });
  }
}

/** Waits for both, where there is anything to wait for. */
export function bothOf(
  one: Promise<void> | undefined,
  other: Promise<void> | undefined,
): Promise<unknown> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Promise.all([one, other]);
}

/** A body without a length has ended. Where that proves little, a server with ranges is asked for what comes after it, once. */
function judgeEnd(headers: HeaderFields, { part, log }: ExchangeTools): void {
  if (endsCertainly(headers)) {
    part.settle(part.position, { doubtful: false });
  } else if (!part.doubtful && servesRanges(headers) && part.validator !== null) {
    part.doubt();
  } else {
    log.warn({ bytes: part.position }, 'the server does not say where the file ends');
    part.settle(part.position, { doubtful: true });
  }
}

export function refuseEncoding({ headers, url }: Head): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return;
  throw new ValidationError(
    `${url} sends the file ${encoding}-encoded though it was asked not to; its lengths and ranges are not the file's`,
    { details: { encoding } },
  );
}
