import type { Head } from './connection.ts';
import type { HeaderFields } from './headers.ts';
import type { Version } from './part.ts';

/** `Last-Modified` counts as a strong validator when the response is at least this much younger (RFC 9110, 8.8.2.2). */
const STRONG_DATE_AGE = 1_000;

/** What a response says of the file; its size only where it is a full one (200). */
export function versionOf({ headers, digests }: Head): Version {
  return { ...validatorsOf(headers), total: lengthOf(headers), digests };
}

export function validatorsOf(headers: HeaderFields): Pick<Version, 'etag' | 'lastModified'> {
  const etag = headers.get('etag');
  return {
    etag: etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : null,
    lastModified: strongDate(headers),
  };
}

function strongDate(headers: HeaderFields): string | null {
  const text = headers.get('last-modified');
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(text ?? '');
  return age >= STRONG_DATE_AGE ? (text ?? null) : null;
}

function lengthOf(headers: HeaderFields): number | null {
  const text = headers.get('content-length');
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** The stretch of the file that a 206 carries. */
export interface Stretch {
  readonly start: number;
  /** Of the byte after the last one. */
  readonly end: number;
  /** Null where the server does not know. */
  readonly total: number | null;
}

/** Undefined when the header is missing or makes no sense. */
export function stretchOf(headers: HeaderFields): Stretch | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(headers.get('content-range') ?? '');
  const start = Number(match?.[1]);
  const end = Number(match?.[2]) + 1;
  const total = match?.[3] === '*' ? null : Number(match?.[3]);
  if (match === null || end <= start || (total !== null && end > total)) return undefined;
  return { start, end, total };
}

/** The size of the whole file in a 416; null where the server does not say. */
export function unsatisfiedTotal(headers: HeaderFields): number | null {
  const match = /^bytes \*\/(\d+)$/i.exec(headers.get('content-range') ?? '');
  return match === null ? null : Number(match[1]);
}

/**
 * Whether the end of a body without a length is the end of the file. Chunks say where they end, but the end of a connection that was
 * to be closed anyway is taken for the end of the body, chunks or not; so then it may have been an accident.
 */
export function endsCertainly(headers: HeaderFields): boolean {
  const chunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
  return chunked && !/\bclose\b/i.test(headers.get('connection') ?? '');
}

export function servesRanges(headers: HeaderFields): boolean {
  return /\bbytes\b/i.test(headers.get('accept-ranges') ?? '');
}
