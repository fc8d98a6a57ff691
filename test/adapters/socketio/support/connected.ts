import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type {
  Acknowledgement,
  ClientToServerEvents,
  Problem,
  RecoveryUpdate,
  ServerToClientEvents,
  Subscribe,
} from '../../../../protocol.ts';

export type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** A socket.io client of a served recovery; `url` as the server tells it, its base path included. */
export function clientOf(
  url: string,
  options: Partial<ManagerOptions & SocketOptions> = {},
): ClientSocket {
  const { origin, pathname } = new URL(url);
  return io(origin, {
    path: `${pathname.replace(/\/$/, '')}/socket.io/`,
    forceNew: true,
    transports: ['websocket'],
    ...options,
  });
}

/** Resolves with the first message of an event. */
export function next<Event extends keyof ServerToClientEvents>(
  socket: ClientSocket,
  event: Event,
): Promise<Parameters<ServerToClientEvents[Event]>[0]> {
  return new Promise(resolve =>
    (socket as Socket).once(event as string, message => resolve(message)),
  );
}

/** Sends whatever it is, and resolves with the answer. */
export const ask = (
  socket: ClientSocket,
  event: string,
  ...args: unknown[]
): Promise<Acknowledgement<never>> => (socket as Socket).emitWithAck(event, ...args);

/** Subscribes and resolves with the position that it begins after. */
export async function subscribe(socket: ClientSocket, subscription: Subscribe): Promise<number> {
  const answer = await socket.emitWithAck('subscribe', subscription);
  if (!answer.ok) throw new TypeError(JSON.stringify(answer.problem));
  return answer.result.position;
}

/** The problem that a refused client is told. */
export function refusalOf(socket: ClientSocket): Promise<Problem> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => reject(new TypeError('it was let in')));
    socket.once('connect_error', error => {
      const { data, message } = error as Error & { readonly data?: Problem };
      if (data === undefined) reject(new TypeError(`refused without a problem: ${message}`));
      else resolve(data);
    });
  });
}

/** Everything that a client is told of operations, until somebody has seen enough. */
export class Told {
  readonly updates: RecoveryUpdate[] = [];
  #check: () => void = () => {};

  constructor(socket: ClientSocket) {
    socket.on('recovery_update', update => {
      this.updates.push(update);
      this.#check();
    });
  }

  /** Resolves when what was told is enough. */
  until(enough: (updates: readonly RecoveryUpdate[]) => boolean): Promise<void> {
    return new Promise(resolve => {
      this.#check = () => {
        if (enough(this.updates)) resolve();
      };
      this.#check();
    });
  }
}
