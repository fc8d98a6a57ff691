import type { AttemptInput, AttemptOutcome } from '../../machines/operation/types.ts';
import { RecoveryClosedError } from '../errors.ts';
import type { Clock, Logger, Progress, Random, StatePersistence } from '../ports.ts';
import { Attempt, type AttemptSurroundings } from './attempt.ts';
import type { CommitLog } from './commit-log.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LiveOperation } from './live-operation.ts';
import type { Metrics } from './metrics.ts';
import { StepsLoader } from './steps-loader.ts';
import { at, waiting } from './timers.ts';

export interface AttemptsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: CommitLog;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly persistence: Pick<StatePersistence, 'stepsOf'>;
  readonly progress: (progress: Progress) => void;
  readonly operation: (id: string) => LiveOperation | undefined;
}

/** How long `close` waits, after the signals were aborted, for functions to heed them. */
const HEED_MS = 1_000;

/** The attempts under way: the logic of the chart's `attempt` actor, and their end when the recovery closes. */
export class Attempts implements AttemptSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: CommitLog;
  readonly logger: Logger;
  readonly progress: (progress: Progress) => void;
  readonly #options: AttemptsOptions;
  readonly #steps: StepsLoader;
  readonly #running = new Set<Attempt>();
  #whenQuiet: (() => void) | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#steps = new StepsLoader(options.persistence);
    this.clock = options.clock;
    this.random = options.random;
    this.log = options.log;
    this.logger = options.logger;
    this.progress = options.progress;
  }

  get closing(): boolean {
    return this.#options.lifecycle.closing;
  }

  /** Logic of the chart's `attempt` actor. A restored one was running when its process died. */
  logic() {
    return waiting<AttemptInput, AttemptOutcome>((input, self, restored) => {
      const operation = this.#options.operation(input.operationId);
      if (restored || operation === undefined) {
        const output: AttemptOutcome = { kind: 'interrupted', at: this.clock.now() };
        this.#options.lifecycle.begin(() => self.send({ type: 'end', output }));
        return undefined;
      }
      const attempt = new Attempt(operation, self, input.attempt, this);
      this.log.after(attempt);
      return how => {
        if (how === 'stopped') attempt.stopped();
      };
    });
  }

  began(attempt: Attempt): void {
    this.#options.metrics.attempts++;
    this.#running.add(attempt);
  }

  over(attempt: Attempt): void {
    this.#running.delete(attempt);
    if (this.#running.size === 0) this.#whenQuiet?.();
  }

  loadSteps(operationId: string): Promise<Map<string, string | null>> {
    return this.#steps.load(operationId);
  }

  /** Gives running attempts `drainTimeout` milliseconds to end, then their signal. */
  async drain(drainTimeout: number): Promise<void> {
    for (const attempt of [...this.#running]) attempt.suspendBeforeCall();
    await this.#quiet(drainTimeout);
    if (this.#running.size === 0) return;
    const reason = new RecoveryClosedError(
      'the recovery is closing; the operation goes on after the next resume()',
    );
    for (const attempt of [...this.#running]) attempt.abort(reason);
    await this.#quiet(HEED_MS);
  }

  #quiet(ms: number): Promise<void> {
    if (this.#running.size === 0 || ms <= 0) return Promise.resolve();
    return new Promise(resolve => {
      const forget = at(this.clock, this.clock.now() + ms, resolve);
      this.#whenQuiet = () => {
        forget();
        resolve();
      };
    });
  }
}
