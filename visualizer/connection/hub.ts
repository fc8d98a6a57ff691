import type {
  BreakerUpdate,
  ProgressMessage,
  RecoveryUpdate,
  SnapshotMessage,
} from '../data/wire.ts';

/** What has come since the batch before, in order. */
export interface Batch {
  readonly updates: readonly RecoveryUpdate[];
  readonly breakers: readonly BreakerUpdate[];
  /** The latest of each operation. */
  readonly progress: readonly ProgressMessage[];
  readonly snapshots: readonly SnapshotMessage[];
  /** Something may be missing: whoever needs every transition asks again. */
  readonly gap: boolean;
  /** The server has another store than before: what is known is of no use. */
  readonly anew: boolean;
}

/** Milliseconds between two batches: five renders a second, however much happens. */
const INTERVAL = 200;

/** Takes what the socket tells and hands it on in batches. It knows the last position, over reconnections. */
export class Hub {
  readonly #listeners = new Set<(batch: Batch) => void>();
  readonly #interval: number;
  #position: number | null = null;
  #updates: RecoveryUpdate[] = [];
  #breakers: BreakerUpdate[] = [];
  #progress = new Map<string, ProgressMessage>();
  #snapshots: SnapshotMessage[] = [];
  #gap = false;
  #anew = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(interval = INTERVAL) {
    this.#interval = interval;
  }

  /** Of the last transition that was told, in the order of the socket; `null` before the first subscription. */
  get position(): number | null {
    return this.#position;
  }

  /** @returns what ends it */
  listen(listener: (batch: Batch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  updated(update: RecoveryUpdate): void {
    this.#updates.push(update);
    this.#advance(update.position);
  }

  breakerUpdated(update: BreakerUpdate): void {
    this.#breakers.push(update);
    this.#advance(update.position);
  }

  progressed(progress: ProgressMessage): void {
    this.#progress.set(progress.operation_id, progress);
    this.#schedule();
  }

  snapshotTaken(snapshot: SnapshotMessage): void {
    this.#snapshots.push(snapshot);
    this.#gap = true;
    if (snapshot.position < (this.#position ?? 0)) this.#anew = true;
    this.#advance(snapshot.position);
  }

  conflated(position: number): void {
    this.#gap = true;
    this.#advance(position);
  }

  /** A subscription is in force. What happened before it may be missing, to whoever asked before. */
  subscribed(): void {
    this.#gap = true;
    this.#schedule();
  }

  reached(position: number): void {
    this.#position = position;
  }

  /** Hands on what there is, without waiting. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch: Batch = {
      updates: this.#updates,
      breakers: this.#breakers,
      progress: [...this.#progress.values()],
      snapshots: this.#snapshots,
      gap: this.#gap,
      anew: this.#anew,
    };
    this.#updates = [];
    this.#breakers = [];
    this.#progress = new Map();
    this.#snapshots = [];
    this.#gap = false;
    this.#anew = false;
    for (const listener of [...this.#listeners]) listener(batch);
  }

  #advance(position: number): void {
    this.reached(position);
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#interval);
  }
}
