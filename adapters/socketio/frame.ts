import { Encoder, PacketType } from 'socket.io-parser';
import * as ws from 'ws';
import type { FeedSnapshot, Transition } from '../../services/ports.ts';
import {
  breakerUpdateOf,
  recoveryUpdateOf,
  type ServerToClientEvents,
  snapshotOf,
} from '../../services/protocol.ts';

/** A message, encoded once for every client that gets it: as a packet, and as the bytes of a WebSocket frame. */
export interface Frame {
  readonly packet: string;
  readonly options: { readonly compress: false; readonly wsPreEncodedFrame: readonly Buffer[] };
}

/** The part of `ws` that its types leave out. */
const { Sender } = ws as unknown as {
  readonly Sender: {
    frame(payload: Buffer, options: Readonly<Record<string, unknown>>): Buffer[];
  };
};
const TEXT = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
/** An Engine.IO message, in front of each Socket.IO packet. */
const MESSAGE = '4';

const encoder = new Encoder();

type Body<Event extends keyof ServerToClientEvents> = Parameters<ServerToClientEvents[Event]>[0];

export function frameOf<Event extends keyof ServerToClientEvents>(
  event: Event,
  body: Body<Event>,
): Frame {
  const [packet] = encoder.encode({ type: PacketType.EVENT, nsp: '/', data: [event, body] });
  const text = packet as string;
  // In one piece, so that it is one write.
  const bytes = Buffer.concat(Sender.frame(Buffer.from(MESSAGE + text), TEXT));
  return { packet: text, options: { compress: false, wsPreEncodedFrame: [bytes] } };
}

/** Readers share transitions and snapshots, so that each is encoded once. */
const known = new WeakMap<Transition | FeedSnapshot, Frame>();

export const updateFrame = (transition: Transition): Frame =>
  once(transition, () =>
    transition.kind === 'operation'
      ? frameOf('recovery_update', recoveryUpdateOf(transition))
      : frameOf('breaker_update', breakerUpdateOf(transition)),
  );

export const snapshotFrame = (snapshot: FeedSnapshot): Frame =>
  once(snapshot, () => frameOf('snapshot', snapshotOf(snapshot)));

function once(told: Transition | FeedSnapshot, make: () => Frame): Frame {
  let frame = known.get(told);
  if (frame === undefined) {
    frame = make();
    known.set(told, frame);
  }
  return frame;
}
