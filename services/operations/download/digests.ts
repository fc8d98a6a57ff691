import type { HeaderFields } from './headers.ts';

/** Checksums of a whole file, in lower-case hexadecimal. */
export interface Digests {
  readonly sha256?: string;
  readonly sha512?: string;
}

export type Algorithm = keyof Digests;

const LENGTHS: Readonly<Record<Algorithm, number>> = { sha256: 32, sha512: 64 };
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  'sha-256': 'sha256',
  'sha-512': 'sha512',
};

/**
 * What a response says of the content of the whole file: `Repr-Digest` (RFC 9530), `Digest` (RFC 3230), `Content-Digest` of a response that
 * carries all of it, and `X-Linked-ETag`, in which Hugging Face gives the SHA-256 of large files, on its redirects too. The last of them wins; nonsense is passed over.
 */
export function digestsOf(headers: HeaderFields, status: number): Digests {
  return mergedDigests(
    linkedTag(headers),
    legacyDigest(headers.get('digest')),
    status === 200 ? structured(headers.get('content-digest')) : {},
    structured(headers.get('repr-digest')),
  );
}

/** Later ones go before earlier ones. */
export function mergedDigests(...all: readonly Digests[]): Digests {
  return Object.assign({}, ...all);
}

/** `sha-256=:base64:, sha-512=:base64:`. */
function structured(text: string | undefined): Digests {
  return digestList(text, /^\s*([a-z0-9-]+)\s*=\s*:([A-Za-z0-9+/=]+):/i);
}

/** `SHA-256=base64,MD5=base64`. */
function legacyDigest(text: string | undefined): Digests {
  return digestList(text, /^\s*([a-z0-9-]+)\s*=\s*([A-Za-z0-9+/]+=*)\s*$/i);
}

function digestList(text: string | undefined, form: RegExp): Digests {
  const found: { [name in Algorithm]?: string } = {};
  for (const item of text?.split(',') ?? []) {
    const [, name = '', base64 = ''] = form.exec(item) ?? [];
    const key = name.toLowerCase();
    const algorithm = Object.hasOwn(ALGORITHMS, key) ? ALGORITHMS[key] : undefined;
    if (algorithm === undefined) continue;
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length === LENGTHS[algorithm]) found[algorithm] = bytes.toString('hex');
  }
  return found;
}

function linkedTag(headers: HeaderFields): Digests {
  const [, hex] = /^"?([0-9a-f]{64})"?$/i.exec(headers.get('x-linked-etag') ?? '') ?? [];
  return hex === undefined ? {} : { sha256: hex.toLowerCase() };
}
