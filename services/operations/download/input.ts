import { validateHeaderName, validateHeaderValue } from 'node:http';
import { resolve } from 'node:path';
import { z } from 'zod';
import { ValidationError } from '../../errors.ts';
import { type HeaderFields, headerFields } from './headers.ts';

/** What to download. Strict JSON; it is kept in the store as it is, but for what the definition's `secrets` name. */
export interface DownloadInput {
  /** An http or https URL without credentials (send those as a header). Redirects are followed. */
  readonly url: string;
  /**
   * The file to write. Missing folders are made. Below the `root` of a download manager where it has one; else give an absolute path: a
   * relative one is taken from the working folder of whichever process runs the attempt.
   */
  readonly file: string;
  /** The SHA-256 that the file must have, 64 hexadecimal digits. @default not checked */
  readonly sha256?: string;
  /** Headers of every request. `Range`, `If-Range` and `Accept-Encoding` are the operation's own. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that the server may be silent, 1 to 300000; then the attempt fails with a timeout. @default 30000 */
  readonly idleTimeout?: number;
}

/** An input that was checked, with everything filled in. */
export interface Order {
  readonly url: string;
  /** Absolute. */
  readonly file: string;
  /** Lower case. */
  readonly sha256: string | undefined;
  readonly headers: HeaderFields;
  readonly idleTimeout: number;
}

const DEFAULT_IDLE_TIMEOUT = 30_000;
/** undici gives a silent connection up after this long by itself, so a longer wait could not be kept. */
const MAX_IDLE_TIMEOUT = 300_000;
const OWN_HEADERS = ['range', 'if-range', 'accept-encoding'];

const schema = z.strictObject({
  url: z.string().superRefine((text, problem) => {
    const message = urlProblem(text);
    if (message !== undefined) problem.addIssue({ code: 'custom', message });
  }),
  file: z
    .string()
    .min(1, 'must not be empty')
    .refine(file => !file.includes('\0'), 'must not contain NUL')
    .refine(file => !/[/\\]$/.test(file), 'must name a file, not a folder'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
    .optional(),
  headers: z
    .record(z.string(), z.string())
    .superRefine((headers, problem) => {
      const message = headersProblem(headers);
      if (message !== undefined) problem.addIssue({ code: 'custom', message });
    })
    .optional(),
  idleTimeout: z.int().min(1).max(MAX_IDLE_TIMEOUT).optional(),
});

/**
 * @param placed the absolute path of a file that is named in an input
 * @throws ValidationError naming everything that is wrong
 */
export function parseInput(input: unknown, placed: (file: string) => string = resolve): Order {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    throw new ValidationError(`this cannot be downloaded: ${problems.join('; ')}`, {
      details: { problems },
    });
  }
  const { url, file, sha256, headers, idleTimeout } = parsed.data;
  return {
    url,
    file: placed(file),
    sha256: sha256?.toLowerCase(),
    headers: headerFields(Object.entries(headers ?? {})),
    idleTimeout: idleTimeout ?? DEFAULT_IDLE_TIMEOUT,
  };
}

/** Why a URL cannot be downloaded; undefined where it can. */
export function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return `is not a URL, got "${text}"`;
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `must be http or https, got ${protocol}`;
  if (username !== '' || password !== '') {
    return 'must not carry credentials; send an Authorization header';
  }
  return undefined;
}

function headersProblem(headers: Readonly<Record<string, string>>): string | undefined {
  const own = Object.keys(headers).find(name => OWN_HEADERS.includes(name.toLowerCase()));
  if (own !== undefined) return `${own} is set by the download itself`;
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
