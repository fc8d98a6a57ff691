import { ConfigError } from '../errors.ts';
import { fromJson, toStrictJson } from '../json.ts';
import type { Clock } from '../ports.ts';
import { ILL_FORMED, isWellFormed } from '../well-formed.ts';
import type { CommitLog } from './commit-log.ts';
import type { FollowedCall } from './followed-call.ts';
import type { LiveOperation } from './live-operation.ts';
import type { StepTurns } from './step-turns.ts';

/** What steps need to know of their call. */
export interface StepsCall {
  /** Throws when the call is over: the next one may be at the same step by then. */
  refuseStep(): void;
  /** Throws when nothing is kept any more of what the call has begun, which is later: what ends while a recovery closes is kept. */
  refuseResult(): void;
  /** A step is durable. */
  stepFinished(at: number): void;
  /** Shared with another call of the same attempt, where there may be one. */
  readonly stepTurns: StepTurns | undefined;
  /** Those who follow the call. */
  readonly followed: FollowedCall | undefined;
}

/** The steps of one call: what has succeeded is in the store, and is not run again. */
export class Steps {
  readonly #operation: LiveOperation;
  readonly #attempt: number;
  readonly #around: { readonly log: CommitLog; readonly clock: Clock };
  readonly #call: StepsCall;
  readonly #running = new Set<string>();

  constructor(
    operation: LiveOperation,
    attempt: number,
    around: { readonly log: CommitLog; readonly clock: Clock },
    call: StepsCall,
  ) {
    this.#operation = operation;
    this.#attempt = attempt;
    this.#around = around;
    this.#call = call;
  }

  async run<T>(name: string, fn: () => T | PromiseLike<T>): Promise<T> {
    this.#call.refuseStep();
    const { id, name: definition } = this.#operation;
    if (typeof name !== 'string' || name === '') {
      throw new ConfigError(
        `a step of operation "${definition}" needs a name: a string that is not empty`,
      );
    }
    if (!isWellFormed(name)) {
      throw new ConfigError(`the name of a step of operation "${definition}" ${ILL_FORMED}`);
    }
    if (this.#running.has(name)) {
      throw new ConfigError(
        `step "${name}" of operation "${definition}" is running already; names are unique within an operation`,
      );
    }
    // Read from the store before the function was called.
    const finished = this.#operation.steps as Map<string, string | null>;
    const stored = finished.get(name);
    if (stored !== undefined) return fromJson(stored) as T;
    this.#running.add(name);
    let end: (() => void) | undefined;
    let followed: FollowedCall | undefined;
    try {
      const turns = this.#call.stepTurns;
      for (let other = turns?.of(name); other !== undefined; other = turns?.of(name)) {
        await other;
        this.#call.refuseStep();
        // Where the other call's has failed, this one runs its own.
        const theirs = finished.get(name);
        if (theirs !== undefined) return fromJson(theirs) as T;
      }
      end = turns?.take(name);
      followed = this.#call.followed?.stepBegan(name);
      const value = await (followed === undefined ? fn() : followed.run(fn));
      const result = toStrictJson(value, `step "${name}"`);
      this.#operation.secrets?.refuse(result, `the result of step "${name}"`);
      this.#call.refuseResult();
      const { log, clock } = this.#around;
      const record = { operationId: id, name, result, attempt: this.#attempt };
      // At once, since the next attempt may be told of the same commit.
      await log.step({ ...record, at: clock.now() }, () => finished.set(name, result));
      this.#call.stepFinished(clock.now());
      followed?.ended({ kind: 'succeeded' });
      return value;
    } catch (error) {
      followed?.ended({ kind: 'failed', error: this.#operation.told(error) });
      throw error;
    } finally {
      this.#running.delete(name);
      end?.();
    }
  }
}
