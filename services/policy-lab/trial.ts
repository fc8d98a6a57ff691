import { retryCount } from '../../machines/operation/counts.ts';
import { initial } from '../../machines/operation/decisions.ts';
import type { Counts, OperationContext, Wait } from '../../machines/operation/types.ts';
import type { ErrorCategory } from '../ports.ts';
import { operationPolicy, type Policy } from '../runtime/policy.ts';
import { type Judgement, verdictOn } from '../runtime/verdict.ts';
import { settledOn } from './settled.ts';

/** Delays that hang on the ones before them have settled after so many. */
const LOOKS_BACK = 100;

/** An operation whose attempts all fail with one error, for as long as anybody wants to know. */
export class Trial {
  readonly #policy: Policy;
  readonly #error: unknown;
  readonly #now: number;
  readonly #fresh: OperationContext;
  /** The category of the error, where that has a limit of its own. */
  readonly #own: ErrorCategory | undefined;

  constructor(policy: Policy, error: unknown, now: number) {
    this.#policy = settledOn(policy, error);
    this.#error = error;
    this.#now = now;
    const started = operationPolicy(policy, 0, now);
    const name = 'trial';
    this.#fresh = initial({ operationId: name, name, policy: started, at: now });
    this.#own = retryCount(this.#fresh, this.judge(this.#fresh, 0).verdict.category).own;
  }

  /** The verdict on the attempt that an operation is at. */
  judge(operation: OperationContext, draw: number): Judgement {
    const facts = { operation, now: this.#now, random: () => draw };
    return verdictOn(this.#policy, this.#error, facts);
  }

  /** It is at that attempt, and the attempts before it have failed. @param draw what the delays before were drawn with */
  at(attempt: number, draw: number): OperationContext {
    let wait = this.#fresh.wait;
    for (let before = Math.max(1, attempt - LOOKS_BACK); before < attempt; before++) {
      const { verdict } = this.judge(this.#failedBefore(before, wait), draw);
      // No delay: there was no retry.
      if (!verdict.retryable || verdict.limit !== undefined) break;
      const { delay } = verdict;
      const own = this.#own === undefined ? {} : { category: this.#own };
      wait = { ...wait, ...own, delay, draw: verdict.draw ?? null };
    }
    return this.#failedBefore(attempt, wait);
  }

  #failedBefore(attempt: number, wait: Wait): OperationContext {
    return { ...this.#fresh, attempt, wait, counts: retried(attempt - 1, this.#own) };
  }
}

function retried(times: number, own: ErrorCategory | undefined): Counts {
  const all = { retries: times, interruptions: 0 };
  if (own === undefined) return { ...all, streak: times };
  return { ...all, streak: 0, byCategory: { [own]: { retries: times, streak: times } } };
}
