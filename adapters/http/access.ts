import { createHash, timingSafeEqual } from 'node:crypto';
import { hostnameOf, isAddress, isLoopback } from './addresses.ts';
import type { RefusalCode } from './refusal.ts';

/** `viewer` looks, `operator` also commands. */
export type Role = 'viewer' | 'operator';

export interface AccessTokens {
  /** @default [] */
  readonly viewer?: readonly string[];
  /** @default [] */
  readonly operator?: readonly string[];
}

/** Who asks. */
export interface Caller {
  readonly role: Role;
  /** Tells callers apart where their requests are counted; says nothing of the token. */
  readonly id: string;
}

export interface AccessOptions {
  readonly tokens: AccessTokens;
  /** Names that the server goes by, besides `localhost` and addresses. */
  readonly hosts: readonly string[];
  /** Origins of pages that may use it, besides its own. */
  readonly origins: readonly string[];
}

/** What is known of a request before it is read. */
export interface RequestFacts {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The browser's `Sec-Fetch-Site`. */
  readonly site: string | undefined;
  /** The browser's `Sec-Fetch-Mode`. */
  readonly mode: string | undefined;
  /** The address of this machine that it came to; undefined on a Unix socket. */
  readonly localAddress: string | undefined;
}

const LOCAL: Caller = { role: 'operator', id: 'local' };

/** Who may do what, from where. The same for every way into the server. */
export class Access {
  readonly #tokens: readonly { readonly digest: Buffer; readonly caller: Caller }[];
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor({ tokens, hosts, origins }: AccessOptions) {
    const entries = (role: Role) =>
      (tokens[role] ?? []).map((token, index) => ({
        digest: digestOf(token),
        caller: { role, id: `${role} ${index + 1}` },
      }));
    this.#tokens = [...entries('viewer'), ...entries('operator')];
    this.#hosts = new Set(['localhost', ...hosts.map(host => host.toLowerCase())]);
    this.#origins = new Set(origins);
  }

  /** Whether callers need a token. Without any, everyone on this machine is an operator, and nobody else is anything. */
  get guarded(): boolean {
    return this.#tokens.length > 0;
  }

  /** Whose token it is. Takes the same time for each wrong one: every digest is compared, whole. */
  callerOf(token: string | undefined): Caller | undefined {
    if (!this.guarded) return LOCAL;
    if (token === undefined) return undefined;
    const digest = digestOf(token);
    let found: Caller | undefined;
    for (const known of this.#tokens) {
      if (timingSafeEqual(known.digest, digest)) found = known.caller;
    }
    return found;
  }

  /** Why a request from there is not even looked at; undefined where it is. */
  refusalOf({ host, origin, site, mode, localAddress }: RequestFacts): RefusalCode | undefined {
    const fromHere = localAddress === undefined || isLoopback(localAddress);
    if (!this.guarded && !fromHere) return 'FOREIGN_ADDRESS';
    // A page that has its own name resolve to this machine (DNS rebinding) still sends that name.
    const hostname = hostnameOf(host);
    if (hostname === undefined) return 'UNKNOWN_HOST';
    if (!this.#hosts.has(hostname) && !isAddress(hostname)) return 'UNKNOWN_HOST';
    if (origin !== undefined) {
      return this.allowsOrigin(origin) || isOriginOf(origin, host) ? undefined : 'FOREIGN_ORIGIN';
    }
    // Images and scripts of foreign pages come without an Origin; a link that somebody follows is no harm.
    return site === 'cross-site' && mode !== 'navigate' ? 'FOREIGN_ORIGIN' : undefined;
  }

  /** Whether pages of another origin may read the answers. */
  allowsOrigin(origin: string | undefined): boolean {
    return origin !== undefined && this.#origins.has(origin);
  }
}

/** Whether a role is enough. */
export function suffices(role: Role, needed: Role): boolean {
  return role === needed || role === 'operator';
}

/** The token of an `Authorization` header (RFC 6750). */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1];
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

function isOriginOf(origin: string, host: string | undefined): boolean {
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin);
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === own;
}
