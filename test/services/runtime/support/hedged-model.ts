/** What a call of a hedged function does. */
export interface CallPlan {
  readonly kind: 'value' | 'unusable' | 'transient' | 'permanent';
  /** Milliseconds after its begin; 0 for one that is synchronous. */
  readonly after: number;
  /** It ends only then, whatever its signal says. */
  readonly deaf: boolean;
}
export type AttemptPlan = readonly [first: CallPlan, second: CallPlan];

export interface Plan {
  readonly attempts: readonly AttemptPlan[];
  readonly hedgeAfter: number;
  readonly timeout: number;
  /** Milliseconds after the start; undefined for none. */
  readonly cancelAt: number | undefined;
}

export interface Expected {
  /** Each call that begins, and whether its signal is aborted. */
  readonly calls: {
    readonly attempt: number;
    readonly hedge: number;
    readonly at: number;
    readonly aborted: boolean;
  }[];
  readonly ending: 'success' | 'failed' | 'exhausted' | 'cancelled';
  /** Which call has won, or which one's error the ending is about; `timeout` where it is about none. */
  readonly by: readonly [attempt: number, call: number | 'timeout'] | undefined;
}

const RETRY_DELAY = 1_000;
const STRAGGLER = 1_000;
const NEVER = Number.POSITIVE_INFINITY;

/** The rules of hedging once more, by arithmetic: no instant of a plan may fall together with another. */
export function expected({ attempts, hedgeAfter, timeout, cancelAt = NEVER }: Plan): Expected {
  const calls: Expected['calls'] = [];
  let start = 0;
  for (const [index, [first, second]] of attempts.entries()) {
    if (cancelAt < start) break;
    const attempt = index + 1;
    const firstAt = start + first.after;
    const hedgeAt = start + hedgeAfter;
    const timeoutAt = start + timeout;
    const hedged = hedgeAfter < timeout && firstAt > hedgeAt && cancelAt > hedgeAt;
    const secondAt = hedged ? hedgeAt + second.after : NEVER;
    const won = Math.min(
      first.kind === 'value' ? firstAt : NEVER,
      second.kind === 'value' ? secondAt : NEVER,
    );
    const lost = first.kind === 'value' ? NEVER : hedged ? Math.max(firstAt, secondAt) : firstAt;
    const bothFailed = hedged && second.kind === 'value' ? NEVER : lost;
    const end = Math.min(won, bothFailed, timeoutAt, cancelAt);
    // Whatever ends the attempt reaches all of its calls but the winner; their own ends do not.
    const aborted = (at: number) => (end === won ? at !== won : end !== bothFailed);
    calls.push({ attempt, hedge: 0, at: start, aborted: aborted(firstAt) });
    if (hedged) calls.push({ attempt, hedge: 1, at: hedgeAt, aborted: aborted(secondAt) });
    if (end === cancelAt) return { calls, ending: 'cancelled', by: undefined };
    if (end === won) {
      return { calls, ending: 'success', by: [attempt, won === firstAt ? 0 : 1] };
    }
    const judged = firstAt <= end ? first.kind : 'timeout';
    const by = [attempt, judged === 'timeout' ? judged : 0] as const;
    if (judged === 'permanent' || judged === 'unusable') return { calls, ending: 'failed', by };
    if (attempt === attempts.length) return { calls, ending: 'exhausted', by };
    const due = end + RETRY_DELAY;
    const stragglers =
      end === timeoutAt ? [first.deaf && firstAt, hedged && second.deaf && secondAt] : [];
    const atWork = Math.max(due, ...stragglers.map(until => (until === false ? due : until)));
    start = Math.min(atWork, due + STRAGGLER);
  }
  return { calls, ending: 'cancelled', by: undefined };
}
