import { io, type Socket } from 'socket.io-client';
import { fromCallback } from 'xstate';
import type { Inspect } from '../../services/protocol.ts';
import { isProblem, problemOf } from '../connection/problem-error.ts';
import type { Filter } from './address.ts';
import type { LinkCommand, LinkEvent } from './inspect-machine.ts';

interface FromServer {
  inspector(message: unknown): void;
  inspector_ended(message: { readonly reason: string }): void;
}

type Answer = { readonly ok: true } | { readonly ok: false; readonly problem: unknown };

interface ToServer {
  inspect(which: Inspect, acknowledge: (answer: Answer) => void): void;
}

/** Milliseconds until a server that has refused or closed the connection is asked again. */
const LATER = 2_000;

/**
 * The socket, as an actor: messages of a view go to `show`, how it fares to the machine. Of a view that was asked for again only the later one is shown; the server tells
 * all of the earlier one before it answers.
 */
export const linkLogic = (base: string, show: (message: unknown) => void) =>
  fromCallback<LinkCommand, { readonly token: string | null }>(({ sendBack, receive, input }) => {
    const tell = (event: LinkEvent) => sendBack(event);
    const socket: Socket<FromServer, ToServer> = io({
      path: `${base}/socket.io/`,
      auth: input.token === null ? {} : { token: input.token },
      transports: ['websocket'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
    });
    let retry: ReturnType<typeof setTimeout> | undefined;
    let asked = 0;
    let answered = 0;

    socket.on('connect', () => tell({ type: 'link.up' }));
    socket.on('disconnect', reason => {
      tell({ type: 'link.down' });
      // After the server has closed it, socket.io does not try by itself.
      if (reason === 'io server disconnect') retry = setTimeout(() => socket.connect(), LATER);
    });
    socket.on('connect_error', error => {
      const { data } = error as { readonly data?: unknown };
      if (!isProblem(data)) return tell({ type: 'link.down' });
      tell({ type: 'link.refused', problem: data });
      if (data.status !== 401) retry = setTimeout(() => socket.connect(), LATER);
    });

    socket.on('inspector', message => {
      if (asked === answered) show(message);
    });
    socket.on('inspector_ended', ({ reason }) => {
      if (asked === answered) tell({ type: 'view.ended', reason });
    });

    receive(({ filter }) => {
      const turn = ++asked;
      socket.emit('inspect', whichOf(filter), answer => {
        if (turn !== asked) return;
        answered = turn;
        if (answer.ok) tell({ type: 'view.begun' });
        else tell({ type: 'view.refused', problem: problemOf(answer.problem) });
      });
    });

    return () => {
      clearTimeout(retry);
      socket.removeAllListeners();
      socket.disconnect();
    };
  });

const whichOf = ({ operation, key }: Filter): Inspect => ({
  ...(operation === '' ? {} : { operation_id: operation }),
  ...(key === '' ? {} : { key }),
});
