import { resolve } from 'node:path';
import { count, func, noteProblems, record, satisfying, text } from '../../option-schemas.ts';
import type { OperationOptions } from '../../ports.ts';
import { Problems } from '../../problems.ts';
import type { DownloadInput } from '../download/input.ts';
import type { DownloadResult } from '../download/result.ts';

export interface DownloadsOptions {
  /** Of the operation. @default 'download' */
  readonly name?: string;
  /** Folder that all files are in: inputs name them relative to it, and nothing is written outside. @default inputs name absolute paths */
  readonly root?: string;
  /** Downloads at the same time. An integer >= 1. @default 32 */
  readonly concurrency?: number;
  /**
   * Downloads at the same time from one host; the others wait before their attempts, or, where `policy` has a `breaker` of its own, inside them. An integer
   * >= 1. @default 4
   */
  readonly perHost?: number;
  /** Ranges of a large file that are fetched at the same time; 1 for one after the other. An integer >= 1. @default 4 */
  readonly ranges?: number;
  /** Bytes from which on a file comes in ranges. An integer >= 1. @default 67108864, which is 64 MiB */
  readonly rangesFrom?: number;
  /** Bytes a second of all downloads together. > 0. @default no limit */
  readonly bytesPerSecond?: number;
  /** Where to keep note of finished files, so that one with the same SHA-256 is linked or copied instead of fetched. @default every file is fetched */
  readonly reuse?: { readonly folder: string };
  /** Where inputs have secrets. @default ['headers.*'] */
  readonly secrets?: readonly string[];
  /** Gives the headers of a download that goes on in another process. @default such a download fails with a `SecretsMissingError` */
  readonly resolveSecrets?: OperationOptions<DownloadInput, DownloadResult>['resolveSecrets'];
  /**
   * Further options of the operation, such as `maxRetries` or `breakerOptions`.
   * @default 10 retries, 100 interruptions, a breaker for each host that stays open for 30 s and is waited for
   */
  readonly policy?: Omit<
    OperationOptions<DownloadInput, DownloadResult>,
    'concurrency' | 'keyConcurrency' | 'secrets' | 'resolveSecrets'
  >;
}

/** The same with everything filled in. */
export interface Settings
  extends Pick<DownloadsOptions, 'root' | 'reuse' | 'bytesPerSecond' | 'resolveSecrets'> {
  readonly name: string;
  readonly concurrency: number;
  readonly perHost: number;
  readonly ranges: number;
  readonly rangesFrom: number;
  readonly secrets: readonly string[];
  readonly policy: NonNullable<DownloadsOptions['policy']>;
}

const schema = record({
  name: text(),
  root: text(),
  concurrency: count(1),
  perHost: count(1),
  ranges: count(1),
  rangesFrom: count(1),
  bytesPerSecond: satisfying(
    value => typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY,
    'must be a finite number of bytes > 0',
  ),
  reuse: record({ folder: text() }).required(),
  // The operation's own options are checked where it is defined.
  secrets: satisfying(() => true, ''),
  resolveSecrets: func(),
  policy: satisfying(value => typeof value === 'object' && value !== null, 'must be an object'),
});

/** @throws ConfigError that lists every problem */
export function settingsOf(options: DownloadsOptions): Settings {
  const problems = new Problems();
  noteProblems(problems, schema, options, Object.keys(schema.shape));
  problems.throwIfAny('createDownloads');
  const { root, reuse, ...rest } = options;
  return {
    ...rest,
    ...(root === undefined ? {} : { root: resolve(root) }),
    ...(reuse === undefined ? {} : { reuse: { folder: resolve(reuse.folder) } }),
    name: options.name ?? 'download',
    concurrency: options.concurrency ?? 32,
    perHost: options.perHost ?? 4,
    ranges: options.ranges ?? 4,
    rangesFrom: options.rangesFrom ?? 64 * 1024 * 1024,
    secrets: options.secrets ?? ['headers.*'],
    policy: options.policy ?? {},
  };
}
