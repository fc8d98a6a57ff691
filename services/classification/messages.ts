import {
  type Entry,
  type Match,
  NETWORK,
  PERMISSION,
  RESOURCE,
  TIMEOUT,
  USED_UP,
  VALIDATION,
} from './entry.ts';
import { statusEntry } from './http-statuses.ts';
import { SYSTEM_CODES } from './system-codes.ts';

/** Characters of a message that are looked at. */
const MAX_LENGTH = 2_000;
const CODE = /\bE(?:AI_)?[A-Z]{3,}\b/g;
const STATUS = /\b(?:status(?: code)?|http(?:\/[\d.]+)?(?: error)?)\s*[:=]?\s*([45]\d\d)\b/i;

/** How fetch says that it got no answer, in Node, Deno, Bun and the browsers. */
const FETCH_FAILED =
  /^(fetch failed|failed to fetch|terminated|load failed|networkerror when attempting|error sending request|network request failed|unable to connect)/i;

/** What messages say, from the most specific to the vaguest; the first that fits decides. */
const PATTERNS: readonly (readonly [name: string, entry: Entry, pattern: RegExp])[] = [
  ['disk full', USED_UP, /no space left|disk (is )?full|disk quota|read-?only file ?system/i],
  ['locked', RESOURCE, /(database|table|file|resource) is (locked|busy)|resource busy|deadlock/i],
  [
    'rate limit',
    RESOURCE,
    /too many (requests|connections|open files)|rate.?limit|throttl|slow down|quota exceeded/i,
  ],
  [
    'unavailable',
    RESOURCE,
    /(temporarily|service|server|currently) (is )?(unavailable|overloaded)|out of memory|memory (allocation|limit)|overloaded|try again later|server (is )?too busy|resource exhausted|insufficient resources/i,
  ],
  ['timeout', TIMEOUT, /\btime[ds]?[ -]?outs?\b|deadline exceeded|took too long/i],
  [
    'permission',
    PERMISSION,
    /permission denied|access (is )?denied|not permitted|unauthori[sz]ed|forbidden|insufficient (permission|privilege|scope)|(invalid|expired|bad) (credential|token|api key|password)|authentication (failed|required)|self.signed certificate|certificate has expired/i,
  ],
  [
    'network',
    NETWORK,
    /\bnetwork\b|socket (hang ?up|closed|disconnected)|connect(ion)? (was |is |has been |been )?(refused|reset|closed|lost|aborted|terminated|dropped|failed|error)|(host|server) (is )?unreachable|getaddrinfo|\bdns\b|name resolution|other side closed|premature(ly)? close|broken pipe|bad gateway/i,
  ],
  [
    'validation',
    VALIDATION,
    /validation|\binvalid (input|argument|parameter|value|format|type|data|json|url|request|option|name|id)\b|is required\b|must (be|have|match|not)\b|malformed|unexpected (token|end of json)|not valid json|bad request|parse error/i,
  ],
];

/** Whether a TypeError is fetch's way of saying that the network failed. */
export function isFetchFailure(message: string): boolean {
  return FETCH_FAILED.test(message.slice(0, MAX_LENGTH));
}

/** What a message says; the last resort. */
export function matchMessage(message: string): Match | undefined {
  const text = message.slice(0, MAX_LENGTH);
  for (const [code] of text.matchAll(CODE)) {
    const entry = SYSTEM_CODES.get(code);
    if (entry) return { ...entry, rule: `message:${code}` };
  }
  const status = STATUS.exec(text)?.[1];
  const statusFound = status === undefined ? undefined : statusEntry(Number(status));
  if (statusFound) return { ...statusFound, rule: `message:http ${status}` };
  const found = PATTERNS.find(([, , pattern]) => pattern.test(text));
  return found && { ...found[1], rule: `message:${found[0]}` };
}
