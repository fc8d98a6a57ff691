import { resolve } from 'node:path';
import { ValidationError } from '../errors.ts';
import type {
  OperationContext,
  OperationDefinition,
  OperationHandle,
  Recovery,
  StartOptions,
} from '../ports.ts';
import { type DownloadInput, type Order, parseInput, urlProblem } from './download/input.ts';
import type { DownloadResult } from './download/result.ts';
import type { TransferSettings } from './download/transfer.ts';
import { downloadOrder } from './download.ts';
import { HostGates } from './downloads/host-gates.ts';
import { type DownloadsOptions, settingsOf } from './downloads/options.ts';
import { guardPlace, placeBelow } from './downloads/place.ts';
import { Rate } from './downloads/rate.ts';
import { FinishedFiles } from './downloads/reuse.ts';

export type { DownloadsOptions };

/** Downloads of one recovery that share limits, a folder and a memory. */
export interface Downloads {
  /** The operation, also as a child of others: `op.child(downloads.operation, input, { key })`. */
  readonly operation: OperationDefinition<DownloadInput, DownloadResult>;
  /** Absolute; undefined where files may be anywhere. */
  readonly root: string | undefined;
  /**
   * Starts a download, after its whole input was checked.
   * @throws ValidationError for an input that no attempt could use; nothing of it is stored
   */
  start(input: DownloadInput, options?: StartOptions): Promise<OperationHandle<DownloadResult>>;
  /** `start` and `result()` in one. */
  run(input: DownloadInput, options?: StartOptions): Promise<DownloadResult>;
}

/** Milliseconds that a host that fails too often is left alone. */
const HOST_TIMEOUT = 30_000;
const RETRIES = 10;
/** A download that is killed loses next to nothing, so it may be killed often. */
const INTERRUPTIONS = 100;

/**
 * Defines an operation that downloads files: several at a time, few from one host, large ones in ranges, and none twice. What `download`
 * promises holds for each.
 * @throws ConfigError that lists every problem of the options
 */
export function createDownloads(recovery: Recovery, options: DownloadsOptions = {}): Downloads {
  const settings = settingsOf(options);
  const { root, name, concurrency, perHost, secrets, resolveSecrets, policy } = settings;
  const placed = root === undefined ? resolve : (file: string) => placeBelow(root, file);
  const transferSettings = transferSettingsOf(settings);
  const finished = settings.reuse && new FinishedFiles(settings.reuse.folder);

  const run = async (input: DownloadInput, op: OperationContext): Promise<DownloadResult> => {
    const result = await downloadOrder(parseInput(input, placed), op, {
      ...transferSettings,
      ...(finished && { elsewhere: order => finished.take(order, op.signal, op.log) }),
    });
    // Without it the file is there all the same, and is only fetched again another time.
    await finished
      ?.remember(result)
      .catch(problem => op.log.warn({ problem: String(problem) }, 'not remembered'));
    return result;
  };
  const operation = recovery.operation<DownloadInput, DownloadResult>(name, run, {
    maxRetries: RETRIES,
    maxInterruptions: INTERRUPTIONS,
    whenOpen: 'wait',
    breaker: hostOf,
    ...policy,
    breakerOptions: { openTimeout: HOST_TIMEOUT, ...policy.breakerOptions },
    concurrency,
    ...(policy.breaker === undefined ? { keyConcurrency: perHost } : {}),
    secrets,
    ...(resolveSecrets && { resolveSecrets }),
  });
  return {
    operation,
    root,
    async start(input, startOptions) {
      parseInput(input, placed);
      return operation.start(input, startOptions);
    },
    async run(input, startOptions) {
      parseInput(input, placed);
      return operation.run(input, startOptions);
    },
  };
}

function transferSettingsOf({
  root,
  perHost,
  ranges,
  rangesFrom,
  bytesPerSecond,
  policy,
}: ReturnType<typeof settingsOf>): TransferSettings {
  // Where breakers do not tell hosts apart, the runtime cannot either.
  const gates = policy.breaker === undefined ? undefined : new HostGates(perHost);
  const rate = bytesPerSecond === undefined ? undefined : new Rate(bytesPerSecond);
  return {
    ranges: { count: ranges, from: rangesFrom },
    ...(gates && {
      enter: (order: Order, signal: AbortSignal) => gates.enter(new URL(order.url).host, signal),
    }),
    ...(rate && { pace: (bytes: number) => rate.take(bytes) }),
    ...(root !== undefined && { guard: (file: string) => guardPlace(root, file) }),
  };
}

/**
 * One breaker for each host. Asked before anything is stored, and so the place to refuse what must not be.
 * @throws ValidationError for a URL with credentials
 */
function hostOf({ url }: DownloadInput): string {
  if (typeof url !== 'string' || !URL.canParse(url)) return 'download';
  const { host, username, password } = new URL(url);
  if (username !== '' || password !== '') {
    throw new ValidationError(`this cannot be downloaded: url: ${urlProblem(url)}`);
  }
  return host;
}
