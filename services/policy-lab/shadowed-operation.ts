import { isSlow } from '../../machines/breaker/window.ts';
import { granted } from '../../machines/operation/decisions.ts';
import { request, returnAfter, returnBeforeRetry } from '../../machines/operation/permits.ts';
import type {
  AttemptOutcome,
  OperationContext,
  OperationPolicy,
} from '../../machines/operation/types.ts';
import type { PermitDenied } from '../../machines/permit.ts';
import { errorToJson } from '../error-json.ts';
import type { ShadowDifferenceKind, ShadowOpinion } from '../ports.ts';
import type { OperationSnapshot } from '../runtime/operation-snapshot.ts';
import { operationPolicy, type Policy } from '../runtime/policy.ts';
import { attemptTimedOut, type TimeLimit, timeLimitOf } from '../runtime/time-limits.ts';
import { verdictOn } from '../runtime/verdict.ts';
import type { AttemptEnd, WatchedOperation, Watcher } from '../runtime/watcher.ts';
import { decisionOn } from './decision.ts';
import { differencesOf, opinionOf, permitOpinion } from './opinion.ts';
import type { PermitAnswer, ShadowBreakers } from './shadow-breakers.ts';
import type { ShadowLedger } from './shadow-ledger.ts';

export interface ShadowedOperationParts {
  readonly operation: WatchedOperation;
  readonly policy: Policy;
  /** `null` where its key is not watched. */
  readonly breakers: ShadowBreakers | null;
  readonly ledger: ShadowLedger;
  /** When it began, for its time in all (epoch ms). */
  readonly startedAt: number;
}

/**
 * What would have become of an operation under the shadow policy, as far as what happens to it tells: a context of the operation's chart
 * that goes its own way, by the chart's arrows, the runtime's verdict and the shadow's breaker.
 */
export class ShadowedOperation implements Watcher {
  readonly #parts: ShadowedOperationParts;
  /** Set with the first permit. */
  #context: OperationContext | undefined;
  /** The last attempt that was seen to begin. */
  #attempt = 0;
  /** It would have ended, though it goes on. */
  #gaveUp = false;
  #left = false;

  constructor(parts: ShadowedOperationParts) {
    this.#parts = parts;
  }

  observed(snapshot: OperationSnapshot): void {
    this.#guarded(() => {
      const { context, status } = snapshot;
      if (context.last.event === 'permit.denied') this.#denied(context);
      else if (context.held !== null && context.attempt > this.#attempt) this.#began(context);
      if (status === 'done') this.#over(snapshot);
    });
  }

  attemptEnded(end: AttemptEnd): void {
    this.#guarded(() => this.#ended(end));
  }

  dropped(): void {
    this.#guarded(() => this.#leave(this.#parts.operation.createdAt));
  }

  /** Whatever happens here, the operation does not learn of it. */
  #guarded(fn: () => void): void {
    try {
      fn();
    } catch (thrown) {
      this.#parts.ledger.problem(thrown);
    }
  }

  /** The operation has a permit: would it have one here? */
  #began(real: OperationContext): void {
    const { policy, ledger } = this.#parts;
    const before = this.#contextOf(real);
    this.#attempt = real.attempt;
    if (this.#gaveUp) {
      ledger.spared++;
      return;
    }
    const answer = this.#ask(before, real);
    if (answer?.type === 'permit.granted') {
      this.#context = { ...before, ...granted(before, answer) };
      return;
    }
    this.#context = { ...before, attempt: before.attempt + 1, held: null };
    if (answer === undefined) return;
    this.#differ(real, ['breaker'], GRANTED, permitOpinion(answer));
    this.#gaveUp = policy.whenOpen === 'fail' && answer.breaker !== 'budget';
  }

  /** The operation has been denied a permit. */
  #denied(real: OperationContext): void {
    if (this.#gaveUp) return;
    const before = this.#contextOf(real);
    const answer = this.#ask(before, real);
    if (answer?.type !== 'permit.granted') return;
    const breaker = (real.last.reason?.kind === 'budget_empty' ? 'budget' : 'open') as string;
    const denial = { type: 'permit.denied', breaker, retryAt: null, at: real.last.at } as const;
    this.#differ(real, ['breaker'], denialOpinion(real, denial), GRANTED);
    const { owed } = before.wait;
    this.#parts.breakers?.giveBack(this.#parts.operation.breakerKey, {
      operationId: real.operationId,
      generation: answer.generation,
      outcome: 'ignored',
      at: real.last.at,
      ...(owed === undefined ? {} : { refund: owed }),
    });
  }

  #ask(context: OperationContext, { last }: OperationContext): PermitAnswer | undefined {
    const { operation, breakers, ledger } = this.#parts;
    if (breakers === null) return undefined;
    ledger.decisions++;
    const asked = { at: last.at, trigger: last.event };
    return breakers.ask(operation.breakerKey, from => request(context, from, asked));
  }

  /** Begins where the operation is when it is first seen. */
  #contextOf(real: OperationContext): OperationContext {
    const attempt = real.held === null ? real.attempt : real.attempt - 1;
    this.#context ??= { ...real, attempt, held: null, policy: this.#policyOf(real) };
    return this.#context;
  }

  #policyOf({ policy: begun }: OperationContext): OperationPolicy {
    const { operation, policy, startedAt } = this.#parts;
    const { totalTimeout } = operation.policy;
    // What is not the operation's own limit was handed down to it.
    const handedDown = totalTimeout === undefined ? begun.deadline : null;
    const own = operationPolicy(policy, begun.seed, startedAt, handedDown ?? undefined);
    return policy.totalTimeout === totalTimeout ? { ...own, deadline: begun.deadline } : own;
  }

  #ended(end: AttemptEnd): void {
    const { operation, breakers, ledger, policy } = this.#parts;
    const context = this.#context;
    if (context === undefined || this.#gaveUp) return;
    const real = operation.actor.getSnapshot().context;
    const { outcome, cut } = this.#outcomeHere(end, real, context);
    const decided = decisionOn(context, outcome);
    const actual = opinionOf(end.outcome, decisionOn(real, end.outcome));
    const shadow = opinionOf(outcome, decided);
    ledger.decisions++;
    const slow = isSlow(policy.breaker.settings.window, end.duration);
    const wasSlow = isSlow(operation.policy.breaker.settings.window, end.duration);
    const kinds: readonly ShadowDifferenceKind[] = [
      ...(cut ? (['timeout'] as const) : []),
      ...differencesOf(actual, shadow),
      ...(slow === wasSlow ? [] : (['slow'] as const)),
    ];
    if (kinds.length > 0)
      this.#differ({ ...real, last: { ...real.last, at: outcome.at } }, kinds, actual, shadow);
    const retries = decided.decision === 'retry';
    const permit = retries ? returnBeforeRetry(context, outcome) : returnAfter(context, outcome);
    if (permit !== null) breakers?.giveBack(operation.breakerKey, permit);
    this.#context = { ...decided.context, held: null };
    this.#gaveUp = !retries;
  }

  /** How the attempt would have ended. A call that would have been cut short fails; how one that was would have ended nobody knows. */
  #outcomeHere(
    end: AttemptEnd,
    real: OperationContext,
    context: OperationContext,
  ): { readonly outcome: AttemptOutcome; readonly cut: boolean } {
    const { operation, policy } = this.#parts;
    const { outcome, duration } = end;
    const { at } = outcome;
    const begun = at - duration;
    const mine = reached(timeLimitOf(policy.timeout, context.policy.deadline, begun), at);
    const theirs = reached(timeLimitOf(operation.policy.timeout, real.policy.deadline, begun), at);
    const cut = mine !== undefined && mine.at !== theirs?.at;
    const took = policy.timed ? { duration } : {};
    if (!cut && outcome.kind !== 'failed') {
      return { outcome: { kind: 'succeeded', at, ...took }, cut };
    }
    const { id, name } = operation;
    const { attempt } = context;
    const thrown = cut ? attemptTimedOut({ id, name, attempt }, mine, policy.timeout) : end.thrown;
    const limit = mine?.limit;
    const { verdict, error } = verdictOn(policy, thrown, {
      operation: context,
      now: at,
      anew: policy.resetAfter !== undefined && end.healthyFor >= policy.resetAfter,
      canPay: cost => this.#canPay(cost, at),
      ...(limit === undefined ? {} : { limit }),
    });
    const failure = { error: errorToJson(error), verdict };
    return { outcome: { kind: 'failed', at, ...operation.scrubbed(failure), ...took }, cut };
  }

  #canPay(cost: number, now: number): boolean {
    const { breakers, operation } = this.#parts;
    return breakers === null || breakers.canPay(operation.breakerKey, cost, now);
  }

  #differ(
    real: OperationContext,
    kinds: readonly ShadowDifferenceKind[],
    actual: ShadowOpinion,
    shadow: ShadowOpinion,
  ): void {
    const { operation, ledger } = this.#parts;
    ledger.differ({
      kinds,
      operationId: operation.id,
      attempt: real.attempt,
      breakerKey: operation.breakerKey,
      at: real.last.at,
      actual,
      shadow,
    });
  }

  #over(snapshot: OperationSnapshot): void {
    const { ledger } = this.#parts;
    const { at, reason } = snapshot.context.last;
    // A success of both ends both.
    const gaveUpBefore = this.#gaveUp && this.#context?.last.reason?.kind !== 'succeeded';
    if (snapshot.matches('success') && reason?.kind === 'succeeded' && gaveUpBefore) ledger.lost++;
    this.#leave(at);
  }

  /** Gives back what it may still hold. */
  #leave(at: number): void {
    if (this.#left) return;
    this.#left = true;
    const { breakers, operation } = this.#parts;
    const { held, operationId } = this.#context ?? { held: null, operationId: operation.id };
    const { breakerKey } = operation;
    if (held != null) {
      const { generation } = held;
      breakers?.giveBack(breakerKey, { operationId, generation, outcome: 'ignored', at });
    }
    breakers?.release(breakerKey);
  }
}

const GRANTED: ShadowOpinion = permitOpinion({
  type: 'permit.granted',
  generation: 0,
  at: 0,
  trigger: '',
});

/** What the operation was told, in the words of its own history. */
function denialOpinion({ last }: OperationContext, denial: PermitDenied): ShadowOpinion {
  return { ...permitOpinion(denial), message: last.reason?.message ?? '' };
}

const reached = (limit: TimeLimit | undefined, at: number): TimeLimit | undefined =>
  limit !== undefined && limit.at <= at ? limit : undefined;
