import { type Entry, NETWORK, PERMISSION, RESOURCE, TIMEOUT, VALIDATION } from './entry.ts';

const STATUSES: ReadonlyMap<number, Entry> = new Map([
  [401, PERMISSION],
  [402, PERMISSION],
  [403, PERMISSION],
  [407, PERMISSION],
  [408, TIMEOUT],
  [425, RESOURCE],
  [429, RESOURCE],
  [451, PERMISSION],
  // The server does not speak the request's method or version, and will not learn it meanwhile.
  [501, VALIDATION],
  [503, RESOURCE],
  [504, TIMEOUT],
  [505, VALIDATION],
]);

/**
 * What an HTTP status says; undefined for one that is no error. Other 4xx are validation: the request itself has to change. Other 5xx
 * are network: the trouble is on the other side, and may pass.
 */
export function statusEntry(status: number): Entry | undefined {
  if (!Number.isInteger(status) || status < 400 || status > 599) return undefined;
  return STATUSES.get(status) ?? (status < 500 ? VALIDATION : NETWORK);
}
