import type { AnyActorRef } from 'xstate';
import type { AttemptOutcome } from '../../machines/operation/types.ts';
import type { Limit } from '../../machines/vocabulary.ts';
import { errorToJson } from '../error-json.ts';
import { AttemptTimeoutError, OperationCancelledError, RecoveryClosedError } from '../errors.ts';
import { fromJson, toStrictJson } from '../json.ts';
import type { Clock, Logger, OperationContext, Progress, Random } from '../ports.ts';
import type { CommitLog, Waiter } from './commit-log.ts';
import { runWithin } from './current-operation.ts';
import type { LiveOperation } from './live-operation.ts';
import { Steps } from './steps.ts';
import { at } from './timers.ts';
import { verdictOn } from './verdict.ts';

/** What attempts need of their surroundings. */
export interface AttemptSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: CommitLog;
  readonly logger: Logger;
  /** No attempt begins any more. */
  readonly closing: boolean;
  readonly progress: (progress: Progress) => void;
  readonly began: (attempt: Attempt) => void;
  readonly over: (attempt: Attempt) => void;
  readonly loadSteps: (operationId: string) => Promise<Map<string, string | null>>;
}

/** How long the next attempt waits for a function that did not heed its signal. */
const STRAGGLER_MS = 1_000;

/**
 * One call of an operation's function, and what the function sees of it. It waits for the commit that holds its number, calls, and
 * ends its actor with an outcome.
 */
export class Attempt implements OperationContext, Waiter {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly #operation: LiveOperation;
  readonly #actor: AnyActorRef;
  readonly #around: AttemptSurroundings;
  /** Made when it is asked for: most functions never look at it. */
  #controller: AbortController | undefined;
  #abortReason: unknown;
  #called = false;
  #over = false;
  #aborted = false;
  #forgetTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #steps: Steps | undefined;
  #log: Logger | undefined;

  constructor(
    operation: LiveOperation,
    actor: AnyActorRef,
    attempt: number,
    around: AttemptSurroundings,
  ) {
    this.id = operation.id;
    this.name = operation.name;
    this.attempt = attempt;
    this.#operation = operation;
    this.#actor = actor;
    this.#around = around;
  }

  get deadline(): number | undefined {
    return this.#operation.actor.getSnapshot().context.policy.deadline ?? undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get log(): Logger {
    this.#log ??= boundLogger(this.#around.logger, {
      operation_id: this.id,
      function_name: this.name,
      attempt: this.attempt,
    });
    return this.#log;
  }

  progress(value: unknown): void {
    if (this.#over) return;
    const { clock, progress } = this.#around;
    progress({
      operationId: this.id,
      name: this.name,
      attempt: this.attempt,
      value,
      at: clock.now(),
    });
  }

  step<T>(name: string, fn: () => T | PromiseLike<T>): Promise<T> {
    this.#steps ??= new Steps(this.#operation, this.attempt, this.#around, this.#refuseWhenOver);
    return this.#steps.run(name, fn);
  }

  readonly #refuseWhenOver = (): void => {
    if (this.#over || this.#aborted) {
      throw this.#abortReason ?? new RecoveryClosedError('this attempt is over');
    }
  };

  /** The number of this attempt is durable: the function may be called. */
  committed(): void {
    if (this.#over) return;
    if (this.#around.closing) {
      this.#end({ kind: 'suspended', at: this.#around.clock.now() });
      return;
    }
    this.#around.began(this);
    const { steps, straggler } = this.#operation;
    if (steps !== undefined && straggler === undefined) this.#call();
    else void this.#prepare();
  }

  refused(): 'keep' | 'drop' {
    return this.#over ? 'drop' : 'keep';
  }

  async #prepare(): Promise<void> {
    const operation = this.#operation;
    try {
      operation.steps ??= await this.#around.loadSteps(this.id);
      if (operation.straggler !== undefined) await this.#waitFor(operation.straggler);
      operation.straggler = undefined;
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.#over) this.#call();
  }

  #waitFor(straggler: Promise<void>): Promise<void> {
    const { clock } = this.#around;
    return new Promise(resolve => {
      const forget = at(clock, clock.now() + STRAGGLER_MS, resolve);
      void straggler.then(() => {
        forget();
        resolve();
      });
    });
  }

  #call(): void {
    const operation = this.#operation;
    this.#called = true;
    if (!this.#arm()) return;
    try {
      const input = fromJson(operation.args);
      const returned = runWithin(this, () => operation.definition.fn(input, this));
      if (isThenable(returned)) {
        this.#running = Promise.resolve(returned).then(this.#succeed, this.#fail);
      } else this.#succeed(returned);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sets the alarm of the nearer of the two limits; false when that is over already. */
  #arm(): boolean {
    const { timeout } = this.#operation.policy;
    const { deadline } = this.#operation.actor.getSnapshot().context.policy;
    if (timeout === undefined && deadline === null) return true;
    const { clock } = this.#around;
    const now = clock.now();
    const end = timeout === undefined ? Number.POSITIVE_INFINITY : now + timeout;
    const total = deadline !== null && deadline <= end;
    if (total && deadline <= now) {
      this.#timeOut('totalTimeout');
      return false;
    }
    this.#forgetTimer = at(clock, total ? deadline : end, () =>
      this.#timeOut(total ? 'totalTimeout' : undefined),
    );
    return true;
  }

  #timeOut(limit: Limit | undefined): void {
    if (this.#over) return;
    const which = limit ?? 'timeout';
    // The deadline may be that of another operation, which has handed it down.
    const what =
      limit === undefined
        ? `timeout of ${this.#operation.policy.timeout} ms`
        : `deadline, ${new Date(this.deadline ?? 0).toISOString()}`;
    const error = new AttemptTimeoutError(
      `attempt ${this.attempt} of operation "${this.id}" (${this.name}) ran into its ${what}`,
      { details: { operationId: this.id, attempt: this.attempt, limit: which } },
    );
    this.abort(error);
    this.#operation.straggler = this.#running;
    this.#fail(error, limit);
  }

  readonly #succeed = (value: unknown): void => {
    if (this.#over) return;
    const operation = this.#operation;
    try {
      operation.result = toStrictJson(value, `the output of "${this.name}"`);
      operation.output = value;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#end({ kind: 'succeeded', at: this.#around.clock.now() });
  };

  readonly #fail = (thrown: unknown, limit?: Limit): void => {
    if (this.#over) return;
    const { clock, random, closing } = this.#around;
    if (closing && this.#abortReason instanceof RecoveryClosedError) {
      this.#end({ kind: 'suspended', at: clock.now() });
      return;
    }
    const operation = this.#operation;
    const { context } = operation.actor.getSnapshot();
    const facts = {
      retries: context.retries,
      previousDelay: context.delay,
      previousDraw: context.draw,
      deadline: context.policy.deadline,
      now: clock.now(),
      random,
    };
    let error = thrown;
    let verdict: ReturnType<typeof verdictOn>;
    try {
      verdict = verdictOn(
        operation.policy,
        error,
        limit === undefined ? facts : { ...facts, limit },
      );
    } catch (broken) {
      // A strategy that gives no usable delay ends the operation with that as its error, rather than in a hot loop.
      error = broken;
      verdict = {
        category: 'validation',
        rule: 'policy',
        retryable: false,
        counts: false,
        strategy: operation.policy.strategy.name,
        delay: 0,
        dueAt: facts.now,
      };
    }
    operation.thrown = error;
    this.#end({ kind: 'failed', at: facts.now, error: errorToJson(error), verdict });
  };

  #end(outcome: AttemptOutcome): void {
    this.#finish();
    this.#actor.send({ type: 'end', output: outcome });
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#forgetTimer?.();
    this.#around.over(this);
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  /** Begins no more, if its function was not called yet. */
  suspendBeforeCall(): void {
    if (!this.#called) this.#end({ kind: 'suspended', at: this.#around.clock.now() });
  }

  /** The chart has left `running` while the function was at work. */
  stopped(): void {
    if (this.#over) return;
    this.#finish();
    const { closing } = this.#around;
    const { error } = this.#operation.actor.getSnapshot().context;
    this.abort(
      closing
        ? new RecoveryClosedError()
        : new OperationCancelledError(`operation "${this.id}" (${this.name}) was cancelled`, {
            details: { operationId: this.id, ...(error?.details as object | undefined) },
          }),
    );
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function';

function boundLogger(logger: Logger, bound: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (fields, message) => logger.debug({ ...bound, ...fields }, message),
    info: (fields, message) => logger.info({ ...bound, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...bound, ...fields }, message),
    error: (fields, message) => logger.error({ ...bound, ...fields }, message),
  };
}
