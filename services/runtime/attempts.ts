import type { AttemptInput } from '../../machines/operation/types.ts';
import { RecoveryClosedError } from '../errors.ts';
import type { Clock, Logger, Progress, StatePersistence } from '../ports.ts';
import { Attempt } from './attempt.ts';
import type { Call, CallSurroundings } from './call.ts';
import type { CommitLog } from './commit-log.ts';
import { FallbackCall } from './fallback-call.ts';
import { HedgedAttempt } from './hedged-attempt.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LiveOperation } from './live-operation.ts';
import type { Metrics } from './metrics.ts';
import type { Observers } from './observers.ts';
import { StepsLoader } from './steps-loader.ts';
import { at, type Begin } from './timers.ts';
import { UndoCall } from './undo-call.ts';

export interface AttemptsOptions {
  readonly clock: Clock;
  readonly log: CommitLog;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly observers: Pick<Observers, 'none' | 'attemptBegan' | 'callBegan'>;
  readonly persistence: Pick<StatePersistence, 'stepsOf'>;
  readonly progress: (progress: Progress) => void;
  readonly operation: (id: string) => LiveOperation | undefined;
  readonly child: CallSurroundings['child'];
  /** Whether the retry budget of a breaker has so many tokens. */
  readonly canPay: CallSurroundings['canPay'];
}

/** How long `close` waits, after the signals were aborted, for functions to heed them. */
const HEED_MS = 1_000;

/** The calls under way, attempts, fallbacks and undos: what the chart's actors begin, and their end when the recovery closes. */
export class Attempts implements CallSurroundings {
  readonly clock: Clock;
  readonly log: CommitLog;
  readonly logger: Logger;
  readonly progress: (progress: Progress) => void;
  readonly canPay: CallSurroundings['canPay'];
  readonly child: CallSurroundings['child'];
  readonly #options: AttemptsOptions;
  readonly #steps: StepsLoader;
  readonly #running = new Set<Call>();
  #whenQuiet: (() => void) | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#steps = new StepsLoader(options.persistence);
    this.clock = options.clock;
    this.log = options.log;
    this.logger = options.logger;
    this.progress = options.progress;
    this.canPay = options.canPay;
    this.child = options.child;
  }

  get closing(): boolean {
    return this.#options.lifecycle.closing;
  }

  /** What the chart's `attempt` actor begins. */
  attempt(): Begin<AttemptInput> {
    return this.#call(({ policy }) => (policy.hedgeAfter === undefined ? Attempt : HedgedAttempt));
  }

  /** What the chart's `fallback` actor begins. */
  fallback(): Begin<AttemptInput> {
    return this.#call(() => FallbackCall);
  }

  /** What the chart's `undo` actor begins. */
  undo(): Begin<AttemptInput> {
    return this.#call(() => UndoCall);
  }

  /** A restored one was running when its process died. */
  #call(
    kindOf: (operation: LiveOperation) => typeof Attempt | typeof FallbackCall | typeof UndoCall,
  ): Begin<AttemptInput> {
    return (input, self, restored) => {
      const operation = this.#options.operation(input.operationId);
      if (restored || operation === undefined) {
        const output = { kind: 'interrupted', at: this.clock.now() };
        let over = false;
        this.#options.lifecycle.begin(() => {
          if (!over) self.send({ type: 'end', output });
        });
        // It may be cancelled before everything is restored.
        return () => {
          over = true;
        };
      }
      const Kind = kindOf(operation);
      const call = new Kind(operation, self, input.attempt, this);
      this.log.after(call);
      return how => {
        if (how === 'stopped') call.stopped();
      };
    };
  }

  began(call: Call): void {
    const { metrics, observers } = this.#options;
    const isAttempt = call instanceof Attempt;
    if (isAttempt) metrics.attempts++;
    if (!observers.none) {
      if (isAttempt) observers.attemptBegan(call.id, call.name, call.attempt);
      call.followed = observers.callBegan({
        ...call.traceable,
        kind: isAttempt ? 'attempt' : call instanceof UndoCall ? 'undo' : 'fallback',
        attempt: call.attempt,
      });
    }
    this.#running.add(call);
  }

  over(call: Call): void {
    this.#running.delete(call);
    if (this.#running.size === 0) this.#whenQuiet?.();
  }

  loadSteps(operationId: string): Promise<Map<string, string | null>> {
    return this.#steps.load(operationId);
  }

  /** Gives running attempts `drainTimeout` milliseconds to end, then their signal. */
  async drain(drainTimeout: number): Promise<void> {
    for (const call of [...this.#running]) call.suspendBeforeCall();
    await this.#quiet(drainTimeout);
    if (this.#running.size === 0) return;
    const reason = new RecoveryClosedError(
      'the recovery is closing; the operation goes on after the next resume()',
    );
    for (const call of [...this.#running]) call.abort(reason);
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
