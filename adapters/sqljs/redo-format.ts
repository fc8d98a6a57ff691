import { crc32 } from 'node:zlib';

/**
 * The bytes of a redo file. See docs/storage.md for the whole picture.
 *
 * A file is a header page, then frames, then zeros that were written ahead. Each frame begins on a page boundary, so that a write under way never
 * shares a page with a frame that was acknowledged, and so that whole frames behind a damaged one can be found without knowing its length.
 * All numbers are little-endian.
 */
export const PAGE = 4096;
export const REDO_FORMAT = 1;
export const FRAME_HEADER = 40;

const FILE_MAGIC = Buffer.from([0xf5, 0x58, 0x52, 0x45, 0x44, 0x4f, 0x0d, 0x0a]);
/** Begins with a byte that no UTF-8 text contains, so no payload can look like a frame. */
const FRAME_MAGIC = 0x4d5246f5;
const KINDS = ['commit', 'prune'] as const;

export interface RedoHeader {
  /** Which image it continues: the one with the same generation, or the redo file before it. */
  readonly generation: number;
  /** Number of its first frame; frames are numbered over all generations. */
  readonly firstSequence: number;
  /** The position that its first transition gets. */
  readonly firstPosition: number;
  /** Random, so that bytes of another file can't pass for frames of this one. */
  readonly salt: number;
}

export type FrameKind = (typeof KINDS)[number];

/** One acknowledged write. */
export interface RedoFrame {
  readonly kind: FrameKind;
  readonly sequence: number;
  /** Position of its first transition. */
  readonly position: number;
  /** How many transitions it holds. */
  readonly count: number;
  /** JSON text. */
  readonly payload: string;
}

/** What a frame's own header says, before its payload has been looked at. */
interface FrameHead extends Omit<RedoFrame, 'payload'> {
  /** Bytes of the whole frame: a multiple of the page. */
  readonly length: number;
  readonly payloadCrc: number;
}

export function encodeHeader(header: RedoHeader): Buffer {
  const page = Buffer.alloc(PAGE);
  FILE_MAGIC.copy(page, 0);
  page.writeUInt32LE(REDO_FORMAT, 8);
  page.writeUInt32LE(header.salt, 12);
  page.writeBigUInt64LE(BigInt(header.generation), 16);
  page.writeBigUInt64LE(BigInt(header.firstSequence), 24);
  page.writeBigUInt64LE(BigInt(header.firstPosition), 32);
  page.writeUInt32LE(crc32(page.subarray(0, PAGE - 4)), PAGE - 4);
  return page;
}

/** The header; or, where it can't be used, why not. */
export function decodeHeader(bytes: Buffer): RedoHeader | { readonly problem: string } {
  if (bytes.length < PAGE) return { problem: 'is shorter than its header' };
  if (!bytes.subarray(0, 8).equals(FILE_MAGIC)) return { problem: 'does not begin as a redo file' };
  if (bytes.readUInt32LE(PAGE - 4) !== crc32(bytes.subarray(0, PAGE - 4))) {
    return { problem: 'has a header with a wrong checksum' };
  }
  const format = bytes.readUInt32LE(8);
  if (format !== REDO_FORMAT) return { problem: `has the unknown format ${format}` };
  return {
    salt: bytes.readUInt32LE(12),
    generation: Number(bytes.readBigUInt64LE(16)),
    firstSequence: Number(bytes.readBigUInt64LE(24)),
    firstPosition: Number(bytes.readBigUInt64LE(32)),
  };
}

/**
 * Start value of every checksum in a file: ties its frames to its generation and salt. The page's own checksum is left out, since the
 * CRC-32 of anything followed by its CRC-32 is the same for all.
 */
export function seedOf(header: RedoHeader): number {
  return crc32(encodeHeader(header).subarray(0, PAGE - 4));
}

export function encodeFrame(frame: RedoFrame, seed: number): Buffer {
  const used = FRAME_HEADER + Buffer.byteLength(frame.payload);
  const length = Math.ceil(used / PAGE) * PAGE;
  const bytes = Buffer.allocUnsafeSlow(length); // its own ArrayBuffer, to be handed to another thread
  bytes.write(frame.payload, FRAME_HEADER, 'utf8');
  bytes.fill(0x20, used); // JSON allows blanks behind it, and so the checksum covers the padding too
  bytes.writeUInt32LE(FRAME_MAGIC, 0);
  bytes.writeBigUInt64LE(BigInt(frame.sequence), 8);
  bytes.writeBigUInt64LE(BigInt(frame.position), 16);
  bytes.writeUInt32LE(frame.count, 24);
  bytes.writeUInt32LE(length, 28);
  bytes.writeUInt32LE(crc32(bytes.subarray(FRAME_HEADER), seed), 32);
  bytes.writeUInt32LE(KINDS.indexOf(frame.kind), 36);
  bytes.writeUInt32LE(crc32(bytes.subarray(8, FRAME_HEADER), seed), 4);
  return bytes;
}

/** The frame header at `offset`, if there is one of this file. */
export function decodeHead(bytes: Buffer, offset: number, seed: number): FrameHead | undefined {
  if (offset + FRAME_HEADER > bytes.length) return undefined;
  if (bytes.readUInt32LE(offset) !== FRAME_MAGIC) return undefined;
  const covered = bytes.subarray(offset + 8, offset + FRAME_HEADER);
  if (bytes.readUInt32LE(offset + 4) !== crc32(covered, seed)) return undefined;
  const kind = KINDS[bytes.readUInt32LE(offset + 36)];
  const length = bytes.readUInt32LE(offset + 28);
  if (!kind || length < PAGE || length % PAGE !== 0) return undefined;
  return {
    kind,
    length,
    sequence: Number(bytes.readBigUInt64LE(offset + 8)),
    position: Number(bytes.readBigUInt64LE(offset + 16)),
    count: bytes.readUInt32LE(offset + 24),
    payloadCrc: bytes.readUInt32LE(offset + 32),
  };
}

/** The payload of the frame whose header is `head`, if it is all there. */
export function decodePayload(
  bytes: Buffer,
  offset: number,
  head: FrameHead,
  seed: number,
): string | undefined {
  const payload = bytes.subarray(offset + FRAME_HEADER, offset + head.length);
  if (payload.length !== head.length - FRAME_HEADER) return undefined;
  return crc32(payload, seed) === head.payloadCrc ? payload.toString('utf8') : undefined;
}
