import { ErrorCode, RecoveryError } from '../../services/errors.ts';
import type { ServerAddress } from './address.ts';

/** A server that could not be asked: `code` is TRANSFER, `details.network` the network's own code, where the message says it all; else there is a `cause`. */
export class ServerUnreachableError extends RecoveryError {
  constructor(
    url: string,
    message: string,
    { network, cause }: { readonly network?: string; readonly cause?: unknown } = {},
  ) {
    super(ErrorCode.TRANSFER, message, {
      ...(cause === undefined ? {} : { cause }),
      details: network === undefined ? { url } : { url, network },
    });
  }
}

/** What is wrong, and what to do about it, by the code of the network's error. */
const SENTENCES: Readonly<Record<string, (address: ServerAddress) => string>> = {
  ECONNREFUSED: ({ url }) =>
    `nothing answers at ${url}: the connection was refused; start the server there (\`serve\`), or correct its address`,
  ENOTFOUND: ({ url, origin }) =>
    `nothing answers at ${url}: there is no host "${hostOf(origin)}"; correct the server's address`,
  EAI_AGAIN: ({ url, origin }) =>
    `nothing answers at ${url}: the name "${hostOf(origin)}" cannot be looked up at the moment; look after the network's DNS`,
  EHOSTUNREACH: away,
  ENETUNREACH: away,
  ECONNRESET: broke,
  EPIPE: broke,
  UND_ERR_SOCKET: broke,
  ETIMEDOUT: silent,
  UND_ERR_CONNECT_TIMEOUT: silent,
  UND_ERR_HEADERS_TIMEOUT: silent,
  UND_ERR_BODY_TIMEOUT: silent,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  EPROTO: noTls,
  CERT_HAS_EXPIRED: ({ url }) => `the certificate of ${url} has expired; renew it there`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ url, origin }) =>
    `the certificate of ${url} is not one for "${hostOf(origin)}"; call the server by the name that the certificate has`,
};

/** Codes of certificates that nobody vouches for. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|CERT_UNTRUSTED|INVALID_CA/;

/** The error for a request that came to nothing on the way. */
export function unreachable(address: ServerAddress, error: unknown): ServerUnreachableError {
  const { url } = address;
  const message = `${url} could not be asked; look after its address and the network`;
  return (
    networkError(address, error) ??
    new ServerUnreachableError(url, message, { cause: innermost(error) })
  );
}

/** What the network's error says; undefined where it is none that is known. */
export function networkError(
  address: ServerAddress,
  error: unknown,
): ServerUnreachableError | undefined {
  const network = codeOf(innermost(error));
  const message = SENTENCES[network]?.(address) ?? otherSentence(address, network);
  if (message === undefined) return undefined;
  return new ServerUnreachableError(address.url, message, { network });
}

function otherSentence({ url, origin }: ServerAddress, code: string): string | undefined {
  if (UNTRUSTED.test(code)) {
    return `nobody whom this machine trusts vouches for the certificate of ${url} (${code}); NODE_EXTRA_CA_CERTS names a file with your own authority`;
  }
  if (!code.startsWith('HPE_')) return undefined;
  const other = origin.startsWith('http:') ? '; is it an https address?' : '';
  return `what answers at ${url} does not speak HTTP${other}`;
}

/** The error for an answer that did not come in time. */
export function tooLate(
  { url }: ServerAddress,
  timeout: number,
  changes: boolean,
): ServerUnreachableError {
  const open = changes ? '; what was asked for may have been done all the same' : '';
  return new ServerUnreachableError(
    url,
    `${url} has not answered within ${timeout / 1000} s${open}`,
  );
}

function away({ url }: ServerAddress): string {
  return `nothing answers at ${url}: there is no way to that host from here; look after the network`;
}

function broke({ url }: ServerAddress): string {
  return `the connection to ${url} broke before the answer was there; try again`;
}

function silent({ url }: ServerAddress): string {
  return `nothing answers at ${url}: no connection came about in time; look after the network, or correct the server's address`;
}

function noTls({ url }: ServerAddress): string {
  return `what answers at ${url} does not speak TLS; is it an http address?`;
}

const hostOf = (origin: string): string => new URL(origin).hostname;

/** `fetch` hides what happened in causes, and several addresses of one host in an aggregate. */
function innermost(error: unknown, depth = 0): unknown {
  if (depth === 5 || typeof error !== 'object' || error === null) return error;
  const { cause, errors } = error as { readonly cause?: unknown; readonly errors?: unknown };
  const inner = Array.isArray(errors) ? errors[0] : cause;
  return inner === undefined ? error : innermost(inner, depth + 1);
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}
