import { retryAfterOf } from '../../../classification/retry-after.ts';
import type { OperationContext } from '../../../ports.ts';
import type { BlockWriter } from '../block-writer.ts';
import { Connection, type Head } from '../connection.ts';
import { HttpStatusError, TransferError } from '../errors.ts';
import { bothOf, type Opened, OTHER_VERSION, partialProblem, refuseEncoding } from '../exchange.ts';
import type { Order } from '../input.ts';
import type { Meter } from '../meter.ts';
import type { Sink } from '../request.ts';
import { stretchOf, versionOf } from '../response.ts';
import { Flow } from './flow.ts';
import type { RangedPart } from './ranged-part.ts';
import { Slots } from './slots.ts';

export interface RangesTools {
  readonly order: Order;
  readonly part: RangedPart;
  readonly meter: Meter;
  readonly op: OperationContext;
  /** Ranges at the same time. */
  readonly count: number;
  readonly pace?: ((bytes: number) => Promise<void> | undefined) | undefined;
}

/** The file on the server is another one by now. */
export class FileChanged extends TransferError {}

/** The server does not do with ranges what it said that it would. */
export class RangesRefused extends TransferError {}

/** Bytes of one request while one connection is enough, at least; and as a share of the file, since a request costs about as much as a megabyte. */
const PIECE = { least: 5 * 1024 * 1024, share: 1 / 400 };
/** Bytes that may be missing of a piece when the next one is asked for, so that the way to the server and back costs nothing. */
const AHEAD = 512 * 1024;
/** What a server says to one connection too many. */
const TOO_MANY = [429, 503];

/**
 * Fetches the ranges that are missing, so many at the same time, and makes each a step of the operation.
 * @param opened a response that carries the first range
 * @throws FileChanged, RangesRefused: nothing of what is there can be gone on with
 */
export async function fetchRanges(tools: RangesTools, opened?: Opened): Promise<void> {
  const { op, part } = tools;
  const stop = new AbortController();
  const giveUp = () => stop.abort(op.signal.reason);
  if (op.signal.aborted) giveUp();
  op.signal.addEventListener('abort', giveUp, { once: true });
  const slots = new Slots(tools.count);
  const flow = new Flow();
  const ahead = new Ahead({ ...tools, slots, signal: stop.signal });
  let first = opened;
  const fetchOne = async (range: number): Promise<void> => {
    await op.step(part.stepName(range), async () => {
      const own = range === 0 ? first : undefined;
      first = range === 0 ? undefined : first;
      await fetchInTurn({ ...tools, range, slots, flow, ahead, signal: stop.signal }, own);
      await part.settle(range);
      return { from: part.startOf(range), to: part.endOf(range) };
    });
    part.trust(range);
  };
  try {
    const ranges = Array.from({ length: part.count }, (_, range) =>
      fetchOne(range).catch(error => {
        // The first one says why; the others only that they were stopped.
        if (!stop.signal.aborted) stop.abort(error);
        throw error;
      }),
    );
    const ended = await Promise.allSettled(ranges);
    if (ended.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
  } finally {
    op.signal.removeEventListener('abort', giveUp);
    first?.connection.close();
    ahead.drop();
  }
}

interface AheadTools extends RangesTools {
  readonly slots: Slots;
  readonly signal: AbortSignal;
}

interface RangeTools extends AheadTools {
  readonly range: number;
  readonly flow: Flow;
  readonly ahead: Ahead;
}

/** A place is kept from one piece to the next: the checksum is taken in order, so the ranges had better come in order too. */
async function fetchInTurn(tools: RangeTools, opened: Opened | undefined): Promise<void> {
  const { range, part, slots, ahead, signal, op } = tools;
  let own = opened;
  while (part.positionOf(range) < part.endOf(range)) {
    await slots.enter(range);
    const writer = part.writer(range);
    try {
      do {
        signal.throwIfAborted();
        const next = own ?? (await ahead.take(writer.position));
        own = undefined;
        await fetchRest(tools, writer, next);
      } while (writer.position < part.endOf(range) && !slots.crowded);
    } catch (error) {
      ahead.drop();
      const tooMany = error instanceof HttpStatusError && TOO_MANY.includes(error.status);
      // The others go on, so it is not the file that the server refuses.
      if (!tooMany || signal.aborted || !slots.shrink()) throw error;
      op.log.info({ status: error.status }, 'the server takes fewer connections');
    } finally {
      own = undefined;
      // Whoever is next may read while this one's last bytes are written.
      slots.leave();
      await part.giveBack(writer);
    }
  }
}

/** One request for what is missing of a range, or for the beginning of that. */
async function fetchRest(
  tools: RangeTools,
  writer: BlockWriter,
  opened: Opened | undefined,
): Promise<void> {
  const { order, part, range, signal, slots, flow, ahead } = tools;
  const connection = opened?.connection ?? new Connection(order, signal);
  // It was opened for the operation as a whole, and has to end with the other ranges too.
  const giveUp = () => connection.close(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const { position } = writer;
    const head = opened?.head ?? (await connection.request(headersFor(tools, range, position)));
    const until = judge(head, position, tools);
    const sink: Sink = chunk => {
      if (writer.position + chunk.length > until) {
        throw new TransferError(`${order.url} sent more than it announced`, { details: { until } });
      }
      const taken = writer.append(chunk);
      const seen = flow.saw(chunk.length, slots.limit);
      if (seen === 'thin') slots.widen();
      else if (seen === 'thick') slots.narrow();
      if (until - writer.position <= AHEAD) ahead.ask(until, range);
      tools.meter.advance(part.done, part.version.total);
      return bothOf(taken, tools.pace?.(chunk.length));
    };
    await connection.receive(sink, () => writer.room);
    if (writer.position < until) {
      throw new TransferError(`${order.url} ended early`, {
        details: { received: writer.position, announced: until },
      });
    }
  } finally {
    signal.removeEventListener('abort', giveUp);
    connection.close();
  }
}

function headersFor(
  { part, slots }: AheadTools,
  range: number,
  from: number,
): Record<string, string> {
  const { validator } = part;
  const end = part.endOf(range);
  const to = slots.limit === 1 ? Math.min(end, from + pieceOf(part)) : end;
  return {
    range: `bytes=${from}-${to - 1}`,
    ...(validator === null ? {} : { 'if-range': validator }),
  };
}

/** What is on its way is lost when the process dies, and no more is on its way than was asked for. */
function pieceOf({ version: { total } }: RangedPart): number {
  return Math.max(PIECE.least, Math.ceil(total * PIECE.share));
}

/** The request for what comes behind, which is under way while what is before it comes. Whatever goes wrong with it is for a later one to tell. */
class Ahead {
  readonly #tools: AheadTools;
  #from: number | undefined;
  #connection: Connection | undefined;
  #opened: Promise<Opened | undefined> | undefined;
  /** A server may not like it. */
  #refused = false;

  constructor(tools: AheadTools) {
    this.#tools = tools;
  }

  /** Asks for what begins at a position, once: the rest of that range, or the next one, where one connection does. */
  ask(from: number, range: number): void {
    const { part, slots, order, signal } = this.#tools;
    const isNeeded = slots.limit === 1 && !slots.crowded;
    if (this.#opened !== undefined || this.#refused || !isNeeded) return;
    const next = from < part.endOf(range) ? range : range + 1;
    if (next === part.count || (next > range && part.positionOf(next) !== from)) return;
    const connection = new Connection(order, signal);
    this.#from = from;
    this.#connection = connection;
    this.#opened = connection.request(headersFor(this.#tools, next, from)).then(
      head => ({ connection, head }),
      () => undefined,
    );
  }

  /** What was asked for from there on, where it was and is any good. Whoever takes it closes it. */
  async take(from: number): Promise<Opened | undefined> {
    if (this.#from !== from) return undefined;
    const connection = this.#connection;
    const asked = this.#opened;
    this.#forget();
    const opened = await asked;
    if (opened?.head.status === 206) return opened;
    this.#refused = true;
    connection?.close();
    return undefined;
  }

  drop(): void {
    this.#connection?.close();
    this.#forget();
  }

  #forget(): void {
    this.#from = undefined;
    this.#opened = undefined;
    this.#connection = undefined;
  }
}

/** Where the body has to end. */
function judge(head: Head, position: number, { part, range, order }: RangeTools): number {
  const { status, statusText, headers } = head;
  const details = { asked: position, contentRange: headers.get('content-range') };
  if (status === 200) {
    const { etag, lastModified, total } = versionOf(head);
    const known = part.version;
    const same =
      etag === known.etag && lastModified === known.lastModified && total === known.total;
    if (same) throw new RangesRefused(`${head.url} does not send ranges any more`, { details });
  }
  if (status === 200 || status === 416) {
    throw new FileChanged(`${head.url} is another file by now; starting over`, { details });
  }
  if (status !== 206) {
    throw new HttpStatusError(order.url, status, statusText, retryAfterOf({ headers }, Date.now));
  }
  refuseEncoding(head);
  const stretch = stretchOf(headers);
  const problem = partialProblem(headers, stretch, { version: part.version, position });
  if (problem === OTHER_VERSION) {
    throw new FileChanged(`${head.url} sent ${problem}; starting over`, { details });
  }
  if (stretch === undefined || problem !== undefined || stretch.end > part.endOf(range)) {
    const what = problem ?? 'more than was asked for';
    throw new RangesRefused(`${head.url} sent ${what}; starting over`, { details });
  }
  return stretch.end;
}
