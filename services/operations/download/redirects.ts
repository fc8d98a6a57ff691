import { ValidationError } from '../../errors.ts';
import { TransferError } from './errors.ts';
import type { HeaderFields } from './headers.ts';

const MAX_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];
/** What says nothing of who asks; all other headers may be somebody's key, and stay with the origin that they were given for. */
const HARMLESS = ['accept', 'accept-language', 'user-agent'];

/** One request of a chain of redirects. */
export interface Hop {
  readonly url: string;
  /** The caller's own. */
  readonly headers: HeaderFields;
  readonly redirects: number;
}

/**
 * Where an answer sends the request on to; undefined where it is not a redirect.
 * @throws TransferError for too many redirects
 * @throws ValidationError for one that leads from https to http, out of the web, or to a URL with credentials
 */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!REDIRECTS.includes(status) || location === undefined) return undefined;
  const details = { url: hop.url, location };
  if (hop.redirects >= MAX_REDIRECTS) {
    throw new TransferError(`${hop.url} redirects for the ${MAX_REDIRECTS + 1}th time`, {
      details,
    });
  }
  if (!URL.canParse(location, hop.url)) {
    throw new ValidationError(`${hop.url} redirects to "${location}", which is no URL`, {
      details,
    });
  }
  const from = new URL(hop.url);
  const to = new URL(location, hop.url);
  const problem = problemOf(from, to);
  if (problem !== undefined) {
    throw new ValidationError(`${hop.url} redirects to ${problem}; this is refused`, { details });
  }
  const headers = to.origin === from.origin ? hop.headers : harmless(hop.headers);
  return { url: to.href, headers, redirects: hop.redirects + 1 };
}

function problemOf(from: URL, to: URL): string | undefined {
  if (to.protocol !== 'http:' && to.protocol !== 'https:') return `a ${to.protocol} URL`;
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'plain http';
  if (to.username !== '' || to.password !== '') return 'a URL with credentials';
  return undefined;
}

function harmless(headers: HeaderFields): HeaderFields {
  return new Map([...headers].filter(([name]) => HARMLESS.includes(name)));
}
