import { randomBytes } from 'node:crypto';
import type { Head } from '../connection.ts';
import type { Order } from '../input.ts';
import type { Version } from '../part.ts';
import { stretchOf, versionOf } from '../response.ts';

/** How a download may be split. */
export interface RangeSettings {
  /** Ranges that are fetched at the same time; 1 fetches one after the other. */
  readonly count: number;
  /** Bytes; smaller files come in one stream. */
  readonly from: number;
}

/** A version of a file, and the ranges that it comes in. */
export interface Plan {
  readonly version: Version & { readonly total: number };
  readonly generation: string;
  /** Of each range: the position behind its last byte. */
  readonly ends: readonly number[];
}

/** Small enough that the checksum, which is taken in order, is never far behind; large enough that a step for each costs nothing. */
const USUAL = 8 * 1024 * 1024;
/** Ranges of a file: each is a step in the store. */
const MOST = 64;

/** The request that finds out: a small file is whole with it, a large one begins with it. */
export function firstRange({ from }: RangeSettings): string {
  return `bytes=0-${Math.max(from, 1) - 1}`;
}

/**
 * Makes the plan from the answer to `firstRange`. Undefined where the file comes in one stream: it is not larger, its size or a strong
 * validator is missing, or the server does not do ranges.
 */
export function planOf(head: Head): Plan | undefined {
  const stretch = head.status === 206 ? stretchOf(head.headers) : undefined;
  if (stretch === undefined || stretch.start !== 0 || stretch.total === null) return undefined;
  const version = { ...versionOf(head), total: stretch.total };
  if (stretch.end >= version.total || isWithoutValidator(version)) return undefined;
  const generation = randomBytes(6).toString('hex');
  return { version, generation, ends: endsOf(stretch.end, version.total) };
}

/** Whether an answer is only the beginning of a file, of which nothing tells that the rest would be of the same file. */
export function isPieceOfUnknown(head: Head, { sha256 }: Order): boolean {
  if (head.status !== 206 || sha256 !== undefined) return false;
  const stretch = stretchOf(head.headers);
  return isWithoutValidator(versionOf(head)) && stretch?.end !== stretch?.total;
}

function isWithoutValidator({ etag, lastModified }: Version): boolean {
  return etag === null && lastModified === null;
}

/** The first range is what the first response carries; the others are alike. */
function endsOf(first: number, total: number): number[] {
  const size = Math.max(Math.min(USUAL, first), Math.ceil((total - first) / (MOST - 1)));
  const ends = [first];
  for (let end = first; end < total; ) {
    end = Math.min(total, end + size);
    ends.push(end);
  }
  return ends;
}
