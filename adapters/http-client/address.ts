import { ValidationError } from '../../services/errors.ts';

/** Where a server is, taken apart once for all ways to it. */
export interface ServerAddress {
  /** `https://ops.example.com/recovery`: never with a slash at its end. */
  readonly url: string;
  /** `https://ops.example.com` */
  readonly origin: string;
  /** `/recovery`, or '' */
  readonly basePath: string;
  /** It is on this very machine, as far as its name says. */
  readonly local: boolean;
}

/**
 * The address of a server, as `serve` prints it.
 * @throws ValidationError for what is no address of a server
 */
export function serverAddress(text: string): ServerAddress {
  const refused = (problem: string) =>
    new ValidationError(
      `the server's address ${problem}, got ${JSON.stringify(withoutSecret(text))}`,
      { details: { option: 'url', value: withoutSecret(text) } },
    );
  if (!/^https?:\/\//i.test(text)) throw refused('must begin with http:// or https://');
  if (!URL.canParse(text)) throw refused('must be a URL such as http://127.0.0.1:3000');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw refused('must not have a name or a password in it (a token is given apart from it)');
  }
  if (url.search !== '' || url.hash !== '') throw refused('must end with its path');
  const basePath = url.pathname.replace(/\/+$/, '');
  return {
    url: `${url.origin}${basePath}`,
    origin: url.origin,
    basePath,
    local: isLocal(url.hostname),
  };
}

/**
 * A token that can be sent.
 * @throws ValidationError that does not repeat it
 */
export function sendableToken(token: string): string {
  if (/^[\w.~+/-]+=*$/.test(token)) return token;
  throw new ValidationError('the token has characters that no token has (A-Z a-z 0-9 - . _ ~ + /)');
}

const isLocal = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

/** What stands before an @ may be a password. */
const withoutSecret = (text: string): string => text.replace(/\/\/.*@/, '//…@').slice(0, 200);
