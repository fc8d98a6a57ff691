import { Observable } from 'rxjs';
import { createActor } from 'xstate';
import type { Clock, Random, TransitionFilter } from '../../services/ports.ts';
import { sendableToken, serverAddress } from '../http-client/index.ts';
import type { ServerFeedItem } from './items.ts';
import { feedMachine } from './machine.ts';
import { type OpenSocket, socketIo, socketLogic } from './socket.ts';

export interface FollowOptions {
  /** As the server prints it: `http://127.0.0.1:3000`, or `https://ops.example.com/recovery`. */
  readonly url: string;
  /** @default none */
  readonly token?: string;
  /** Which transitions; those that are left out count for positions all the same. @default all */
  readonly filter?: TransitionFilter;
  /** The last position that the reader knows: what came after it is told first. 0 is the beginning. @default from now on */
  readonly since?: number;
  /** Milliseconds before the first try to connect again; each further one in a row waits twice as long. @default 500 */
  readonly firstWait?: number;
  /** Milliseconds of the longest such wait. @default 10000 */
  readonly longestWait?: number;
  /** @default socket.io's client, loaded when it is needed */
  readonly open?: OpenSocket;
  /** @default the system's */
  readonly clock?: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** @default Math.random */
  readonly random?: Random;
}

/**
 * What happens at a server. Subscribing connects; unsubscribing leaves. Promises:
 * - Each transition that fits the filter comes once, by position, over broken connections, restarts of the server (its store is durable) and drops; what is left
 *   out is told: `conflated` says how many, and `snapshot` takes the place of what is too long ago.
 * - While there is no connection it tries again for ever, ever more slowly.
 * - It ends with an error only where trying again is of no use: the first connection does not come about, the server refuses (wrong token), or speaks a
 *   language that this program does not know.
 * @throws ValidationError for an address or a token that cannot be used
 */
export function followServer(options: FollowOptions): Observable<ServerFeedItem> {
  const { url, filter = {}, since, firstWait = 500, longestWait = 10_000 } = options;
  const { clock, random = Math.random } = options;
  const address = serverAddress(url);
  const token = options.token === undefined ? undefined : sendableToken(options.token);
  return new Observable(reader => {
    let leave = () => {};
    const begin = (open: OpenSocket) => {
      if (reader.closed) return;
      const socket = socketLogic(open, address, token);
      const machine = feedMachine({ socket, random, firstWait, longestWait });
      const actor = createActor(machine, {
        input: { filter, since },
        ...(clock === undefined ? {} : { clock: clock as ActorClock }),
      });
      actor.on('item', ({ item }) => reader.next(item));
      actor.subscribe({
        complete: () => {
          leave = () => {};
          const error = actor.getSnapshot().output?.error;
          if (error === undefined) reader.complete();
          else reader.error(error);
        },
        error: error => reader.error(error),
      });
      leave = () => actor.send({ type: 'leave' });
      actor.start();
    };
    if (options.open === undefined) socketIo().then(begin, error => reader.error(error));
    else begin(options.open);
    return () => leave();
  });
}

/** XState's clock has the same methods, and takes its own handles back. */
type ActorClock = NonNullable<NonNullable<Parameters<typeof createActor>[1]>['clock']>;
