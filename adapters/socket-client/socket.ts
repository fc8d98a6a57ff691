import { fromCallback } from 'xstate';
import { z } from 'zod';
import { ErrorCode, RecoveryError } from '../../services/errors.ts';
import {
  breakerFrom,
  breakerTransitionFrom,
  breakerUpdateSchema,
  conflatedSchema,
  droppedSchema,
  liveSchema,
  type Problem,
  problemSchema,
  progressFrom,
  progressSchema,
  recoveryUpdateSchema,
  snapshotSchema,
  summaryFrom,
  transitionFrom,
} from '../../services/protocol.ts';
import {
  networkError,
  problemError,
  type ServerAddress,
  ServerUnreachableError,
} from '../http-client/index.ts';
import type { SocketLogic } from './machine.ts';
import type { SocketEvent, SocketOrder } from './messages.ts';

/** The part of a socket.io client that is used. */
export interface ClientSocket {
  on(event: string, listener: (...args: never[]) => void): unknown;
  connect(): unknown;
  disconnect(): unknown;
  timeout(ms: number): {
    emit(
      event: string,
      message: unknown,
      acknowledge: (late: Error | null, answer: unknown) => void,
    ): unknown;
  };
}

/** Makes a socket that is not connected, and does not connect again by itself. */
export type OpenSocket = (address: ServerAddress, token: string | undefined) => ClientSocket;

/** Milliseconds in which a connection must come about. */
const CONNECT_TIMEOUT = 10_000;
/** Milliseconds in which a subscription must be answered. */
const ANSWER_TIMEOUT = 15_000;

/** socket.io's client, loaded when the first feed begins. */
export async function socketIo(): Promise<OpenSocket> {
  const { io } = await import('socket.io-client');
  return ({ origin, basePath }, token) =>
    io(origin, {
      path: `${basePath}/socket.io/`,
      transports: ['websocket'],
      auth: token === undefined ? {} : { token },
      autoConnect: false,
      // When to try again is for the chart to say.
      reconnection: false,
      forceNew: true,
      timeout: CONNECT_TIMEOUT,
    });
}

/** What each message becomes. */
const MESSAGES = {
  recovery_update: message(recoveryUpdateSchema, update => ({
    type: 'update',
    transition: transitionFrom(update),
  })),
  breaker_update: message(breakerUpdateSchema, update => ({
    type: 'update',
    transition: breakerTransitionFrom(update),
  })),
  progress: message(progressSchema, progress => ({
    type: 'progress',
    progress: progressFrom(progress),
  })),
  snapshot: message(snapshotSchema, ({ operations, breakers, more, position }) => ({
    type: 'snapshot',
    snapshot: {
      kind: 'snapshot',
      operations: operations.map(summaryFrom),
      breakers: breakers.map(breakerFrom),
      more,
      position,
    },
  })),
  live: message(liveSchema, ({ position }) => ({ type: 'live', position })),
  conflated: message(conflatedSchema, ({ skipped }) => ({ type: 'conflated', skipped })),
  dropped: message(droppedSchema, ({ reason, position, retry_after: retryAfter }) => ({
    type: 'dropped',
    reason,
    position,
    retryAfter,
  })),
} satisfies Readonly<Record<string, (body: unknown) => SocketEvent | undefined>>;

const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.object({ position: z.int().min(0) }) }),
  z.object({ ok: z.literal(false), problem: problemSchema }),
]);

/** The connection as an actor: takes orders, tells what comes. */
export function socketLogic(
  open: OpenSocket,
  address: ServerAddress,
  token: string | undefined,
): SocketLogic {
  const refusal = (problem: Problem) => ({
    error: problemError(address.url, problem, token !== undefined),
    final: isFinal(problem),
  });
  const trouble = (message: string, cause?: unknown) => ({
    error: new ServerUnreachableError(address.url, message, { cause }),
    final: false,
  });

  return fromCallback<SocketOrder>(({ sendBack, receive }) => {
    const socket = open(address, token);
    const tell = (event: SocketEvent) => sendBack(event);
    socket.on('connect', () => tell({ type: 'connected' }));
    socket.on('disconnect', () => tell({ type: 'disconnected' }));
    socket.on('connect_error', (error: Error) => {
      const problem = problemSchema.safeParse((error as { readonly data?: unknown }).data);
      if (problem.success) tell({ type: 'connect_failed', ...refusal(problem.data) });
      else {
        const known = networkError(address, underlying(error));
        const words = `no WebSocket comes about with ${address.url}; does a proxy in between let none through?`;
        const why = known === undefined ? trouble(words, error) : { error: known, final: false };
        tell({ type: 'connect_failed', ...why });
      }
    });
    for (const [name, read] of Object.entries(MESSAGES)) {
      socket.on(name, (body: unknown) => tell(read(body) ?? unfit(address, name)));
    }
    const subscribe = ({ filter, since }: Extract<SocketOrder, { type: 'subscribe' }>) => {
      const message = since === undefined ? filter : { ...filter, since };
      socket.timeout(ANSWER_TIMEOUT).emit('subscribe', message, (late, answer) => {
        if (late !== null) {
          const words = `${address.url} does not answer a subscription`;
          return tell({ type: 'not_subscribed', ...trouble(words, late) });
        }
        const { success, data } = answerSchema.safeParse(answer);
        if (!success) return tell(unfit(address, 'subscribe'));
        if (data.ok) return tell({ type: 'subscribed', position: data.result.position });
        return tell({ type: 'not_subscribed', ...refusal(data.problem) });
      });
    };
    receive(order => {
      if (order.type === 'subscribe') subscribe(order);
      else socket[order.type]();
    });
    return () => void socket.disconnect();
  });
}

function message<Schema extends z.ZodType>(
  schema: Schema,
  read: (body: z.infer<Schema>) => SocketEvent,
): (body: unknown) => SocketEvent | undefined {
  return body => {
    const parsed = schema.safeParse(body);
    return parsed.success ? read(parsed.data) : undefined;
  };
}

function unfit({ url }: ServerAddress, what: string): SocketEvent {
  const message = `${url} sends a message that this program does not understand ("${what}"); is one of the two of an older version?`;
  const error = new RecoveryError(ErrorCode.HTTP_STATUS, message, { details: { url, what } });
  return { type: 'unfit', error };
}

/** What the network said, which the client wraps twice. */
function underlying(error: Error): unknown {
  const { description } = error as { readonly description?: { readonly error?: unknown } };
  return description?.error ?? error;
}

/** Whether the same would be answered again. */
const isFinal = ({ status }: Problem): boolean => status < 500 && status !== 429 && status !== 408;
