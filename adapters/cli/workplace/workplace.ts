import type {
  BreakerOrder,
  BreakerView,
  ForcedBreakerState,
  ForceOptions,
  ListQuery,
  OperationSummaryView,
  OperationTransition,
  OperationView,
  Page,
  Progress,
  StepRecord,
} from '../../../services/ports.ts';

import type { Credentials } from '../credentials.ts';
import type { DownloadTuning } from '../dependencies.ts';

/** An operation with what has become of it. */
export interface OperationDetails {
  readonly view: OperationView;
  /** Oldest first. */
  readonly history: readonly OperationTransition[];
  readonly steps: readonly StepRecord[];
}

/** What a steering command comes to. */
export interface Steered {
  /** False where the operation's chart did not allow it, or where it had ended already. */
  readonly changed: boolean;
  /** After it; undefined where it has been removed since. */
  readonly operation: OperationView | undefined;
}

/** An operation that somebody waits for. */
export interface Running {
  readonly id: string;
  /**
   * Settles with its end, as `OperationHandle.result` does.
   * @throws RecoveryClosedError after `leave`
   */
  result(): Promise<unknown>;
}

/** Hears of operations. */
export interface Follower {
  transition(transition: OperationTransition): void;
  progress(progress: Progress): void;
  /** A line for people about the way to the operations. */
  note(line: string): void;
}

/**
 * What commands work on: a store that this process has opened, or a server that has one. Both give the same data and throw the same errors, so that a command
 * says the same words, whichever it is.
 */
export interface Workplace {
  list(query: ListQuery): Promise<Page<OperationView>>;
  /** The same operations, without what they are about. */
  summaries(query: ListQuery): Promise<Page<OperationSummaryView>>;
  view(id: string): Promise<OperationView | undefined>;
  /** @throws OperationNotFoundError */
  details(id: string): Promise<OperationDetails>;
  /** @throws OperationNotFoundError */
  cancel(id: string, reason?: string): Promise<Steered>;
  /** @throws OperationNotFoundError */
  pause(id: string): Promise<Steered>;
  /** @throws OperationNotFoundError */
  continue(id: string): Promise<Steered>;
  breakers(): Promise<readonly BreakerView[]>;
  /** The breaker after it. Also of a key that nothing has used yet. */
  forceBreaker(key: string, to: ForcedBreakerState, options: ForceOptions): Promise<BreakerView>;
  /** The breaker after it; undefined where nothing has used it yet. */
  resetBreaker(key: string, order: BreakerOrder): Promise<BreakerView | undefined>;
  /**
   * Lets a failed or exhausted operation try again.
   * @throws OperationNotFoundError, OperationConflictError
   */
  retry(id: string): Promise<Running>;
  /**
   * Starts an operation of a definition that is known there.
   * @throws OperationConflictError, OverloadedError, and an error that says so where the definition is not known
   */
  start(name: string, input: unknown, id: string): Promise<Running>;
  /**
   * How operations end, once what belongs to them has ended too. In a store, whoever has a lock that one of them waits for goes on first; where nothing can go on, the outcome is
   * an OperationConflictError that says what keeps it.
   */
  outcomes(running: readonly Running[]): Promise<readonly PromiseSettledResult<unknown>[]>;
  /** An operation of a store that takes back what it has done, going on; undefined where that happens elsewhere, or needs another program. */
  goOn(id: string): Promise<Running | undefined>;
  /** Tells what happens to these operations. Resolves to what ends that, when nothing that happens from then on can be missed. Once. */
  follow(ids: readonly string[], follower: Follower): Promise<() => void>;
  /** Waits for nothing any more: each `result()` that is open rejects with a RecoveryClosedError. A store's operations stop durably, a server's go on. */
  leave(): void;
  /** Where an operation that was left goes on by itself, in words that say how to see it; undefined where it has stopped. */
  whereItGoesOn(id: string): string | undefined;
  /** Whether a file is there, as large as it was; undefined where that cannot be seen from here. */
  hasFile(file: string, bytes: number): Promise<boolean | undefined>;
  /** Whether a folder is there; undefined where that cannot be seen from here. */
  hasFolder(folder: string): Promise<boolean | undefined>;
  close(): Promise<void>;
}

export interface OpenWorkplaceOptions {
  /** Makes a store where there is none. @default false */
  readonly create?: boolean;
  /** For the downloads and installations of a store. @default the operation's own ways */
  readonly tuning?: DownloadTuning;
  /** Headers of a download that goes on. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the servers that are fetched from. @default none */
  readonly credentials?: Credentials;
}

/** A workplace as the command line names it; nothing has been opened or asked yet. */
export interface Site {
  /**
   * @throws ConfigError where there is no store, and none is to be made
   * @throws ValidationError for an option that it is not for this process to choose
   */
  open(options?: OpenWorkplaceOptions): Promise<Workplace>;
  /**
   * The absolute path of a file that an operation is to write.
   * @throws ValidationError for a relative one on another machine
   */
  file(path: string): string;
  /** Whether the files that operations read are this machine's. */
  readonly here: boolean;
  /**
   * The path of the store.
   * @param why what a person is told who names a server: a sentence that goes on after its address
   * @throws ValidationError for a server
   */
  store(why: string): string;
  /**
   * The way to the server.
   * @param why what a person is told who names none
   * @throws ValidationError for a store
   */
  server(why: string): ServerTarget;
}

/** A server and the secret that opens it. */
export interface ServerTarget {
  readonly url: string;
  readonly token: string | undefined;
}

/** Works at a site, and leaves it tidy. */
export async function withWorkplace<T>(
  site: Site,
  work: (place: Workplace) => Promise<T>,
  options: OpenWorkplaceOptions = {},
): Promise<T> {
  const place = await site.open(options);
  try {
    return await work(place);
  } finally {
    await place.close();
  }
}
