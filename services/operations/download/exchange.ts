import { retryAfterOf } from '../../classification/retry-after.ts';
import { ValidationError } from '../../errors.ts';
import type { Logger } from '../../ports.ts';
import { Connection } from './connection.ts';
import { HttpStatusError, TransferError } from './errors.ts';
import type { Order } from './input.ts';
import type { Meter } from './meter.ts';
import type { Part } from './part.ts';
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
}

/** What the coming body is good for. `until` is the position at which it has to end; null where the end of the body says so. */
type Verdict = { readonly read: false } | { readonly read: true; readonly until: number | null };

/**
 * One request, and what it brings into the part. Afterwards the part is complete, or longer, or empty where the server's file is another
 * one by now; so asking again comes to an end.
 */
export async function exchange(tools: ExchangeTools): Promise<void> {
  const { order, part, signal } = tools;
  const connection = new Connection(order, signal);
  try {
    const response = await connection.request(requestHeaders(order, part));
    const verdict = await judge(response, tools);
    if (!verdict.read) return;
    await readBody(connection.chunks(response), verdict.until, tools);
    if (verdict.until === null) judgeEnd(response.headers, tools);
  } finally {
    connection.close();
  }
}

function requestHeaders(order: Order, part: Part): Headers {
  const headers = new Headers(order.headers);
  // Compressed bytes have other lengths and ranges than the file.
  headers.set('accept-encoding', 'identity');
  if (part.position > 0) {
    headers.set('range', `bytes=${part.position}-`);
    if (part.validator !== null) headers.set('if-range', part.validator);
  }
  return headers;
}

async function judge(response: Response, tools: ExchangeTools): Promise<Verdict> {
  const { part, order, log } = tools;
  const asked = part.position > 0;
  if (response.status === 416 && asked) return judgeUnsatisfied(response, tools);
  if (response.status !== 200 && !(response.status === 206 && asked)) {
    const { status, statusText, headers } = response;
    throw new HttpStatusError(order.url, status, statusText, retryAfterOf({ headers }, Date.now));
  }
  refuseEncoding(response);
  if (response.status === 206) return judgePartial(response, tools);
  if (asked) log.info({ dropped: part.position }, 'the server sends the file from its beginning');
  const version = versionOf(response.headers);
  await part.restart(version);
  tools.meter.begin(0, version.total);
  return { read: true, until: version.total };
}

async function judgePartial(response: Response, { part, log }: ExchangeTools): Promise<Verdict> {
  const stretch = stretchOf(response.headers);
  const problem = partialProblem(response.headers, stretch, part);
  if (stretch === undefined || problem !== undefined) {
    const asked = part.position;
    // A server that does this will do it again, so only a start from the beginning can help.
    await part.restart({ etag: null, lastModified: null, total: null });
    throw new TransferError(`${response.url} sent ${problem}; starting over`, {
      details: { asked, contentRange: response.headers.get('content-range') },
    });
  }
  if (stretch.total !== null) part.settle(stretch.total, { doubtful: false });
  log.debug({ from: stretch.start, total: stretch.total }, 'the server continues');
  return { read: true, until: stretch.end };
}

function partialProblem(
  headers: Headers,
  stretch: Stretch | undefined,
  part: Part,
): string | undefined {
  if (stretch === undefined) return 'a part of the file without saying which';
  const { etag, total } = part.version;
  const sentTag = validatorsOf(headers).etag;
  const otherTag = etag !== null && sentTag !== null && sentTag !== etag;
  const otherSize = total !== null && stretch.total !== null && stretch.total !== total;
  if (otherTag || otherSize) return 'a part of another version of the file';
  if (stretch.start !== part.position) {
    return `bytes from ${stretch.start} where ${part.position} was asked for`;
  }
  return undefined;
}

/** There is nothing after what is there: it is complete, or the remote file has become shorter. */
async function judgeUnsatisfied(
  response: Response,
  { part, log }: ExchangeTools,
): Promise<Verdict> {
  const total = unsatisfiedTotal(response.headers);
  const sentTag = validatorsOf(response.headers).etag;
  const sameTag = sentTag === null || sentTag === part.version.etag;
  if (total === part.position && sameTag) {
    part.settle(total, { doubtful: false });
  } else {
    log.info({ dropped: part.position, total }, 'the file has changed; starting over');
    await part.restart({ etag: null, lastModified: null, total: null });
  }
  return { read: false };
}

async function readBody(
  chunks: AsyncIterable<Uint8Array>,
  until: number | null,
  { part, meter, order }: ExchangeTools,
): Promise<void> {
  for await (const chunk of chunks) {
    if (until !== null && part.position + chunk.length > until) {
      throw new TransferError(`${order.url} sent more than it announced`, { details: { until } });
    }
    await part.append(chunk);
    meter.advance(part.position, part.version.total);
  }
  if (until !== null && part.position < until) {
    throw new TransferError(`${order.url} ended early`, {
      details: { received: part.position, announced: until },
    });
  }
}

/** A body without a length has ended. Where that proves little, a server with ranges is asked for what comes after it, once. */
function judgeEnd(headers: Headers, { part, log }: ExchangeTools): void {
  if (endsCertainly(headers)) {
    part.settle(part.position, { doubtful: false });
  } else if (!part.doubtful && servesRanges(headers) && part.validator !== null) {
    part.doubt();
  } else {
    log.warn({ bytes: part.position }, 'the server does not say where the file ends');
    part.settle(part.position, { doubtful: true });
  }
}

function refuseEncoding(response: Response): void {
  const encoding = response.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return;
  throw new ValidationError(
    `${response.url} sends the file ${encoding}-encoded though it was asked not to; its lengths and ranges are not the file's`,
    { details: { encoding } },
  );
}
