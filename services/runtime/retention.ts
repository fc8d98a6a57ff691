import type { Clock, Logger, StatePersistence } from '../ports.ts';
import type { CommitLog } from './commit-log.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Turns } from './turns.ts';

/** How long finished operations are kept. */
export interface RetentionPolicy {
  /** Milliseconds for operations that succeeded. @default for ever */
  readonly success?: number | undefined;
  /** Milliseconds for failed and exhausted ones. @default for ever */
  readonly failure?: number | undefined;
  /** Finished operations at most. @default no limit */
  readonly maxRows?: number | undefined;
}

const ROUND_MS = 10_000;
/** Operations in one call of the store, so that commits are not held up. */
const BITE = 200;

export interface RetentionParts {
  readonly persistence: StatePersistence;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly turns: Turns;
  readonly log: Pick<CommitLog, 'durable'>;
  readonly policy: () => RetentionPolicy;
}

/** Prunes finished operations, a bite at a time, as long as the recovery is open and there is something to prune by. */
export class Retention {
  readonly #persistence: StatePersistence;
  readonly #clock: Clock;
  readonly #lifecycle: Lifecycle;
  readonly #logger: Logger;
  readonly #turns: Turns;
  readonly #log: Pick<CommitLog, 'durable'>;
  readonly #policy: () => RetentionPolicy;
  #timer: unknown;

  constructor(parts: RetentionParts) {
    this.#persistence = parts.persistence;
    this.#clock = parts.clock;
    this.#lifecycle = parts.lifecycle;
    this.#logger = parts.logger;
    this.#turns = parts.turns;
    this.#log = parts.log;
    this.#policy = parts.policy;
  }

  /** Begins, or ends, as the policy is now. */
  follow(): void {
    if (!this.#isWanted) this.stop();
    else if (this.#timer === undefined && !this.#lifecycle.closing) this.#wait();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #isWanted(): boolean {
    return Object.values(this.#policy()).some(limit => limit !== undefined);
  }

  #wait(): void {
    this.#timer = this.#clock.setTimeout(() => void this.#round(), ROUND_MS);
    // Housekeeping must not keep a program alive.
    (this.#timer as { unref?: () => void } | undefined)?.unref?.();
  }

  async #round(): Promise<void> {
    this.#timer = undefined;
    try {
      while (!this.#lifecycle.closing && (await this.#biteAlone()) >= BITE);
    } catch (error) {
      this.#logger.warn({ err: error }, 'pruning failed; the next round tries again');
    }
    this.follow();
  }

  /** Whoever retries one has read its row as finished: that it is not any more has to be durable before anything is removed. */
  #biteAlone(): Promise<number> {
    return this.#turns.alone(async () => {
      await this.#log.durable();
      return this.#bite();
    });
  }

  async #bite(): Promise<number> {
    if (!this.#isWanted) return 0;
    const { success, failure, maxRows } = this.#policy();
    const now = this.#clock.now();
    return this.#persistence.prune({
      limit: BITE,
      ...(success === undefined ? {} : { successBefore: now - success }),
      ...(failure === undefined ? {} : { failureBefore: now - failure }),
      ...(maxRows === undefined ? {} : { maxRows }),
    });
  }
}
