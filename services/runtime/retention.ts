import type { Clock, Logger, StatePersistence } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';

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

/** Prunes finished operations, a bite at a time, as long as the recovery is open. */
export class Retention {
  readonly #persistence: StatePersistence;
  readonly #clock: Clock;
  readonly #lifecycle: Lifecycle;
  readonly #logger: Logger;
  readonly #policy: () => RetentionPolicy;
  #timer: unknown;

  constructor(
    persistence: StatePersistence,
    clock: Clock,
    lifecycle: Lifecycle,
    logger: Logger,
    policy: () => RetentionPolicy,
  ) {
    this.#persistence = persistence;
    this.#clock = clock;
    this.#lifecycle = lifecycle;
    this.#logger = logger;
    this.#policy = policy;
  }

  start(): void {
    this.#timer = this.#clock.setTimeout(() => void this.#round(), ROUND_MS);
    // Housekeeping must not keep a program alive.
    (this.#timer as { unref?: () => void } | undefined)?.unref?.();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    try {
      while (!this.#lifecycle.closing && (await this.#bite()) >= BITE);
    } catch (error) {
      this.#logger.warn({ err: error }, 'pruning failed; the next round tries again');
    }
    if (!this.#lifecycle.closing) this.start();
  }

  async #bite(): Promise<number> {
    const { success, failure, maxRows } = this.#policy();
    if (success === undefined && failure === undefined && maxRows === undefined) return 0;
    const now = this.#clock.now();
    return this.#persistence.prune({
      limit: BITE,
      ...(success === undefined ? {} : { successBefore: now - success }),
      ...(failure === undefined ? {} : { failureBefore: now - failure }),
      ...(maxRows === undefined ? {} : { maxRows }),
    });
  }
}
