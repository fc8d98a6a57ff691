import type { ObservedCommit, ObservedEnd, RecoveryObserver } from '../../services/ports.ts';
import type { TimelineBucket } from '../../services/protocol.ts';

/** Milliseconds of a bucket. */
const WIDTH = 5_000;
/** A quarter of an hour. */
const MOST = 180;

interface Bucket {
  /** Its number since the epoch. */
  readonly index: number;
  started: number;
  succeeded: number;
  failed: number;
  exhausted: number;
  retries: number;
  recovered: number;
  /** Milliseconds of all that recovered. */
  recoveryTime: number;
}

/** What happened in the last while, counted as it becomes durable. Bounded, whatever happens. */
export class Timeline implements RecoveryObserver {
  readonly #now: () => number;
  /** Oldest first, and none left out. */
  #buckets: Bucket[] = [];

  /** @param now wall clock in epoch milliseconds; it may be set back */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#current();
  }

  committed({ transitions }: Pick<ObservedCommit, 'transitions'>): void {
    if (transitions.length === 0) return;
    const bucket = this.#current();
    for (const { kind, event, to, reason } of transitions) {
      if (kind !== 'operation') continue;
      if (event === 'create') bucket.started++;
      else if (reason?.kind === 'retry') bucket.retries++;
      if (to === 'success') bucket.succeeded++;
      else if (to === 'failed') bucket.failed++;
      else if (to === 'exhausted') bucket.exhausted++;
    }
  }

  ended({ recoveryTime }: Pick<ObservedEnd, 'recoveryTime'>): void {
    if (recoveryTime === undefined) return;
    const bucket = this.#current();
    bucket.recovered++;
    bucket.recoveryTime += recoveryTime;
  }

  read(): TimelineBucket[] {
    this.#current();
    return this.#buckets.map(({ index, recovered, recoveryTime, ...counts }) => ({
      at: new Date(index * WIDTH).toISOString(),
      ...counts,
      recovery_time: recovered === 0 ? null : recoveryTime / recovered,
    }));
  }

  /** The bucket of this moment, behind those of the time in which nothing happened. */
  #current(): Bucket {
    const now = Math.floor(this.#now() / WIDTH);
    let last = this.#buckets.at(-1);
    // A clock that is corrected a little tells the same time twice; one that is set anew begins a new line.
    const isAnew = last === undefined || now < last.index - 1 || now >= last.index + MOST;
    if (last === undefined || isAnew) {
      last = empty(now);
      this.#buckets = [last];
    }
    while (last.index < now) {
      last = empty(last.index + 1);
      this.#buckets.push(last);
    }
    if (this.#buckets.length > MOST) this.#buckets.splice(0, this.#buckets.length - MOST);
    return last;
  }
}

const empty = (index: number): Bucket => ({
  index,
  started: 0,
  succeeded: 0,
  failed: 0,
  exhausted: 0,
  retries: 0,
  recovered: 0,
  recoveryTime: 0,
});
