import { randomUUID } from 'node:crypto';
import type { StartOptions } from './ports.ts';

/**
 * A UUID of version 7 (RFC 9562, section 5.7): 48 bits of time, then chance. Ids that grow with time land side by side in a store's index, which
 * makes writing them cheaper. Made of Node's version 4, whose random bits are drawn in bulk.
 */
export function timeOrderedId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${randomUUID().slice(15)}`;
}

const FRESH = Symbol('fresh');

/** Start options with an id that was drawn just now, so that no look into the store is needed. */
export const withNewId = (id: string): StartOptions => Object.assign({ id }, { [FRESH]: true });

export const hasNewId = (options: StartOptions): boolean => FRESH in options;
