/** What a contender may use: made for this run, and removed after it. */
export interface Place {
  /** An empty folder of its own, on a real disk. */
  readonly folder: string;
  /** A database of its own, where the run has a PostgreSQL. */
  readonly postgresUrl?: string;
  /** A Redis of its own, where the run has one. */
  readonly redisPort?: number;
}

/** One way to get a function called with a result that is kept. Each lives in a process of its own. */
export interface Contender {
  /** Makes it ready; the first call may follow. */
  setup(place: Place): Promise<void>;
  /** Announces how many calls will be under way at once, where that needs settings of its own. */
  prepare?(concurrency: number): Promise<void>;
  /** Starts `async x => x` with this input and resolves to the result, once both are as safe as this contender makes them. */
  call(input: number): Promise<unknown>;
  teardown(): Promise<void>;
}

/** The contenders by name; each file exports `contender`. */
export const contenderNames = [
  'xstate-recovery',
  'xstate-recovery-memory',
  'bare-actor',
  'dbos',
  'graphile-worker',
  'bullmq',
  'p-retry',
  'cockatiel',
] as const;
export type ContenderName = (typeof contenderNames)[number];

/** What one round gave. */
export interface Round {
  readonly calls: number;
  readonly seconds: number;
  /** Milliseconds on a processor of the main thread, in all; NaN where the system does not tell. */
  readonly mainThread: number;
  /** Milliseconds of each call. */
  readonly latencies: Float64Array;
}
