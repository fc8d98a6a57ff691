/** Ways to a repository; others, such as git's remote helpers, are never taken. */
export type Protocol = 'https' | 'http' | 'ssh' | 'file';

export const PROTOCOLS: readonly Protocol[] = ['https', 'http', 'ssh', 'file'];

const MAX_LENGTH = 2_000;
/** What a shell, a terminal or git itself might take for more than a letter. */
const UNSAFE = /[\s\p{C}"'`$&;|<>(){}[\]*!\\^]/u;
const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const IPV6 = /^\[[0-9a-f:.]+\]$/i;
const SCP_LIKE = /^(?:([\w.-]+)@)?([\w.-]+):(?!\/\/)(.+)$/;

/** A repository's address, taken apart. */
export interface RepositoryUrl {
  readonly protocol: Protocol;
  /** With its port; empty for a file. */
  readonly host: string;
  /** Last part of its path, without `.git`. */
  readonly lastPart: string;
}

/** @returns what is wrong with it, in words, or the address */
export function parseRepository(
  text: string,
  protocols: readonly Protocol[],
): RepositoryUrl | string {
  if (text === '') return 'must not be empty';
  if (text.length > MAX_LENGTH) return `must not be longer than ${MAX_LENGTH} characters`;
  if (text.startsWith('-')) return 'must not begin with "-", which is for options';
  const helper = /^[\w+.-]*::/.exec(text);
  if (helper !== null) return `must not name a remote helper, got "${helper[0]}"`;
  // An IPv6 address is the one place for brackets.
  const unsafe = UNSAFE.exec(text.replace(/^[a-z]+:\/\/([^/@]*@)?\[[0-9a-f:.]+\]/i, plain));
  if (unsafe !== null) {
    return `must not contain ${shown(unsafe[0])} (character ${unsafe.index + 1})`;
  }
  const parsed = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? parseUrl(text) : parseScpLike(text);
  if (typeof parsed === 'string') return parsed;
  if (!protocols.includes(parsed.protocol)) {
    return `must be one of ${protocols.join(', ')}, got ${parsed.protocol}`;
  }
  return parsed;
}

function parseUrl(text: string): RepositoryUrl | string {
  if (!URL.canParse(text)) return `is not a URL, got "${text}"`;
  const url = new URL(text);
  const protocol = url.protocol.slice(0, -1);
  if (!isProtocol(protocol)) return `must be one of ${PROTOCOLS.join(', ')}, got ${protocol}`;
  if (url.password !== '' || (url.username !== '' && protocol !== 'ssh')) {
    return 'must not carry credentials; give them as auth';
  }
  if (url.search !== '' || url.hash !== '') return 'must not have a query or a fragment';
  if (url.username.startsWith('-') || /%/.test(url.username)) return 'has an unusable user name';
  if (protocol === 'file' ? url.host !== '' : !isHost(url.hostname)) {
    return protocol === 'file' ? 'must name a file of this machine' : 'has an unusable host name';
  }
  return withPath({ protocol, host: url.host, path: url.pathname });
}

/** `git@host:path`, git's short way to write an address for ssh. */
function parseScpLike(text: string): RepositoryUrl | string {
  const [, user, host, path] = SCP_LIKE.exec(text) ?? [];
  if (host === undefined || path === undefined) {
    return 'must be a URL such as https://host/owner/name or git@host:owner/name';
  }
  if (user?.startsWith('-') || !isHost(host)) return 'has an unusable host name';
  if (/^[a-z]$/i.test(host)) return 'must be a URL; a path is written as file:///path';
  if (path.startsWith('-')) return 'must not have a path that begins with "-"';
  return withPath({ protocol: 'ssh', host, path });
}

function withPath(found: {
  readonly protocol: Protocol;
  readonly host: string;
  readonly path: string;
}): RepositoryUrl | string {
  const parts = found.path.split('/').filter(part => part !== '');
  if (parts.includes('..')) return 'must not have ".." in its path';
  const last = parts.at(-1);
  if (last === undefined) return 'must have a path';
  const decoded = wellDecoded(last);
  if (decoded === undefined) return 'has a path that is not well encoded';
  const { protocol, host } = found;
  return { protocol, host, lastPart: decoded.replace(/\.git$/i, '') };
}

function wellDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isProtocol(text: string): text is Protocol {
  return (PROTOCOLS as readonly string[]).includes(text);
}

function isHost(host: string): boolean {
  return HOST.test(host) || IPV6.test(host);
}

/** As many harmless characters, so that positions stay. */
function plain(text: string): string {
  return 'x'.repeat(text.length);
}

/** A character for a message; one that cannot be seen by its number. */
export function shown(character: string): string {
  if (!/[\s\p{C}]/u.test(character)) return `"${character}"`;
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
