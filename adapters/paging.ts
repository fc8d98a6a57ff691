import { ConfigError } from '../services/errors.ts';

/** Pages and limits, the same on every store. */

/** Where a page ended: the creation time and the id of its last row. */
export interface PagePlace {
  readonly at: number;
  readonly id: string;
}

/** The opaque cursor that a page hands out as `next`. */
export function encodeCursor({ at, id }: PagePlace): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** @throws ConfigError when it is not a cursor of ours. */
export function decodeCursor(cursor: string): PagePlace {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    place = undefined;
  }
  if (Array.isArray(place) && place.length === 2) {
    const [at, id]: unknown[] = place;
    if (typeof at === 'number' && typeof id === 'string' && encodeCursor({ at, id }) === cursor) {
      return { at, id };
    }
  }
  throw new ConfigError(
    `cursor must be the "next" of an earlier page, got ${JSON.stringify(cursor)}`,
    { details: { option: 'cursor', value: String(cursor) } },
  );
}

/** A limit from 1 to `max`; `byDefault` when it is left out. @throws ConfigError */
export function checkedLimit(limit: number | undefined, byDefault: number, max: number): number {
  const value = limit ?? byDefault;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new ConfigError(`limit must be an integer from 1 to ${max}, got ${String(limit)}`, {
    details: { option: 'limit', value: String(limit) },
  });
}
