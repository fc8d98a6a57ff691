import {
  decodeHead,
  decodeHeader,
  decodePayload,
  PAGE,
  type RedoFrame,
  seedOf,
} from './redo-format.ts';

/** What a redo file holds. */
export interface RedoScan {
  /** Number of the first frame that it holds or would hold. */
  readonly firstSequence: number;
  readonly firstPosition: number;
  readonly frames: readonly RedoFrame[];
  /** Where the last frame begins; `end` where there is none. */
  readonly lastFrame: number;
  /** Where the next frame would begin. */
  readonly end: number;
  /** Bytes behind the end that are not zero: a write that was never acknowledged. */
  readonly tornBytes: number;
  /** Set when something that was acknowledged can't be read. */
  readonly damage?: { readonly offset: number; readonly problem: string };
}

/**
 * Reads a redo file.
 *
 * What tells a torn tail from damage: a frame is only written when the one before it is durable. So a broken place with any frame of
 * this file behind it once was a whole, acknowledged frame, and is damage; a broken place with none behind it is the one
 * write that was under way.
 *
 * @param sequenceAfter the first sequence number of the generation that follows, where there is one. This file then has to hold every frame before
 *   it, and what it may hold from there on was refused to its caller, and is left out.
 */
export function scanRedo(bytes: Buffer, generation: number, sequenceAfter?: number): RedoScan {
  const header = decodeHeader(bytes);
  if ('problem' in header) return unreadable(header.problem);
  if (header.generation !== generation) {
    return unreadable(`says it is generation ${header.generation}`);
  }
  const { firstSequence, firstPosition } = header;
  const scan = (tornBytes: number, problem?: string): RedoScan => ({
    firstSequence,
    firstPosition,
    frames,
    lastFrame,
    end,
    tornBytes,
    ...(problem === undefined ? {} : { damage: { offset: end, problem } }),
  });
  const seed = seedOf(header);
  const frames: RedoFrame[] = [];
  let end = PAGE;
  let lastFrame = PAGE;
  let sequence = firstSequence;
  let position = firstPosition;
  while (sequence !== sequenceAfter) {
    const head = decodeHead(bytes, end, seed);
    const payload = head && decodePayload(bytes, end, head, seed);
    if (!head || payload === undefined) break;
    if (head.sequence !== sequence || head.position !== position) {
      return scan(0, `holds frame ${head.sequence} where ${sequence} belongs`);
    }
    frames.push({ kind: head.kind, sequence, position, count: head.count, payload });
    lastFrame = end;
    end += head.length;
    sequence += 1;
    position += head.count;
  }
  const tornBytes = lastUsed(bytes, end) - end;
  if (sequenceAfter !== undefined) {
    return sequence === sequenceAfter
      ? scan(0)
      : scan(tornBytes, `lacks the frames from ${sequence} to ${sequenceAfter - 1}`);
  }
  for (let offset = end + PAGE; offset < bytes.length; offset += PAGE) {
    const later = decodeHead(bytes, offset, seed);
    if (later && later.sequence > sequence) {
      return scan(
        tornBytes,
        `has a broken frame ${sequence}, with frame ${later.sequence} behind it`,
      );
    }
  }
  return scan(tornBytes);
}

function unreadable(problem: string): RedoScan {
  const damage = { offset: 0, problem };
  return {
    firstSequence: 0,
    firstPosition: 0,
    frames: [],
    lastFrame: 0,
    end: 0,
    tornBytes: 0,
    damage,
  };
}

/** Where the last byte that is not zero ends; `from` where all are zero. */
function lastUsed(bytes: Buffer, from: number): number {
  for (let at = bytes.length; at > from; at--) if (bytes[at - 1] !== 0) return at;
  return from;
}
