import { createHash } from 'node:crypto';
import { type Encoding, packed } from './encodings.ts';

/** A file as it goes over the wire. */
export interface Representation {
  readonly bytes: Buffer;
  /** Differs where the bytes do. */
  readonly etag: string;
  readonly encoding: Encoding | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
};
/** What packing makes smaller: images and fonts are packed already. */
const PACKABLE = /^(text|application)\/|\+xml$/;
/** Less is not worth it: it fits in one packet as it is. */
const WORTH_PACKING = 1_000;

/** A name that a bundler has made of the content never means anything else. A word without a digit and a capital letter is no hash. */
const HASHED = /^assets\/.*-(?=[\w-]*[\dA-Z])[\w-]{8}\.\w+$/;
const FOR_EVER = 'public, max-age=31536000, immutable';
/** It may be kept, and is asked for again before each use. */
const ASK_AGAIN = 'no-cache';

/** A file of the page, in memory, in every encoding that somebody has asked for. */
export class PageFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly #bytes: Buffer;
  readonly #tag: string;
  readonly #packed = new Map<Encoding, Promise<Representation>>();

  /**
   * @param path below the page's folder, with slashes
   * @param packed its bytes in encodings that the build has made already
   */
  constructor(path: string, bytes: Buffer, packed: ReadonlyMap<Encoding, Buffer> = new Map()) {
    const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
    this.type = TYPES[extension] ?? 'application/octet-stream';
    this.cacheControl = HASHED.test(path) ? FOR_EVER : ASK_AGAIN;
    this.#bytes = bytes;
    this.#tag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
    for (const [encoding, bytes] of packed) {
      this.#packed.set(encoding, Promise.resolve(this.#as(bytes, encoding)));
    }
  }

  /** In an encoding, or as it is where that is not larger. */
  in(encoding: Encoding | undefined): Promise<Representation> {
    if (encoding === undefined) return Promise.resolve(this.#as(this.#bytes));
    const known = this.#packed.get(encoding) ?? this.#pack(encoding);
    this.#packed.set(encoding, known);
    return known;
  }

  async #pack(encoding: Encoding): Promise<Representation> {
    const isWorthIt = PACKABLE.test(this.type) && this.#bytes.length >= WORTH_PACKING;
    if (!isWorthIt) return this.#as(this.#bytes);
    const bytes = await packed(this.#bytes, encoding);
    return bytes.length < this.#bytes.length ? this.#as(bytes, encoding) : this.#as(this.#bytes);
  }

  #as(bytes: Buffer, encoding?: Encoding): Representation {
    return {
      bytes,
      etag: encoding === undefined ? `"${this.#tag}"` : `"${this.#tag}-${encoding}"`,
      encoding,
    };
  }
}

/** Whether a client has it already (`If-None-Match`). */
export function isKnown(etag: string, header: string | undefined): boolean {
  const known = (header ?? '').split(',').map(text => text.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}
