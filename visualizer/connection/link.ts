import { io, type Socket } from 'socket.io-client';
import { fromCallback } from 'xstate';
import type { ClientToServerEvents, ServerToClientEvents } from '../data/wire.ts';
import type { LinkCommand, LinkEvent } from './connection-machine.ts';
import type { Hub } from './hub.ts';
import { isProblem } from './problem-error.ts';

/** The socket, as an actor: what happens goes to the hub, how the connection is to the machine. It remembers the last position, and goes on from there. */
export const linkLogic = (base: string, hub: Hub) =>
  fromCallback<LinkCommand, { readonly token: string | null }>(({ sendBack, receive, input }) => {
    const tell = (event: LinkEvent) => sendBack(event);
    const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io({
      path: `${base}/socket.io/`,
      auth: input.token === null ? {} : { token: input.token },
      transports: ['websocket'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
    });
    let retry: ReturnType<typeof setTimeout> | undefined;

    socket.on('connect', () => tell({ type: 'link.up' }));
    socket.on('disconnect', reason => {
      tell({ type: 'link.down', reason });
      // After the server has closed it, socket.io does not try by itself.
      if (reason === 'io server disconnect') retry = setTimeout(() => socket.connect(), 2_000);
    });
    socket.on('connect_error', error => {
      const { data } = error as { readonly data?: unknown };
      if (!isProblem(data)) return tell({ type: 'link.down', reason: error.message });
      tell({ type: 'link.refused', problem: data });
      if (data.status !== 401) retry = setTimeout(() => socket.connect(), 5_000);
    });

    socket.on('recovery_update', update => hub.updated(update));
    socket.on('breaker_update', update => hub.breakerUpdated(update));
    socket.on('progress', progress => hub.progressed(progress));
    socket.on('snapshot', snapshot => {
      hub.snapshotTaken(snapshot);
      tell({ type: 'link.snapshot' });
    });
    socket.on('live', ({ position }) => {
      hub.reached(position);
      tell({ type: 'link.live' });
    });
    socket.on('conflated', ({ skipped, position }) => {
      hub.conflated(position);
      tell({ type: 'link.conflated', skipped });
    });
    socket.on('dropped', ({ reason, position, retry_after: retryAfter }) => {
      hub.conflated(position);
      tell({ type: 'link.dropped', reason, retryAfter });
    });

    receive(({ type }) => {
      if (type === 'open') return void socket.disconnect().connect();
      const since = hub.position;
      socket.emit('subscribe', since === null ? {} : { since }, answer => {
        if (!answer.ok) return tell({ type: 'link.refused', problem: answer.problem });
        if (since === null) hub.reached(answer.result.position);
        hub.subscribed();
        tell({ type: 'link.subscribed', behind: since !== null });
      });
    });

    return () => {
      clearTimeout(retry);
      socket.removeAllListeners();
      socket.disconnect();
    };
  });
