import type { ErrorCategory } from '../vocabulary.ts';
import type { CategoryCounts, Counts, OperationContext, Verdict } from './types.ts';

/** How retries are counted: categories that have a limit of their own each by themselves, all others together. Pure. */

type Counted = Pick<OperationContext, 'policy' | 'counts'>;

export const NO_COUNTS: Counts = Object.freeze({ retries: 0, interruptions: 0, streak: 0 });
const NONE: CategoryCounts = Object.freeze({ retries: 0, streak: 0 });

/** What counts for a failure of that category. */
export interface RetryCount {
  /** Retries spent. */
  readonly retries: number;
  /** Retries since the backoff began, or began anew. */
  readonly streak: number;
  readonly limit: number;
  /** The category, where it has a limit of its own. */
  readonly own: ErrorCategory | undefined;
}

export function retryCount({ policy, counts }: Counted, category: ErrorCategory): RetryCount {
  const limit = policy.byCategory?.[category];
  if (limit !== undefined) {
    return { ...(counts.byCategory?.[category] ?? NONE), limit, own: category };
  }
  const others = Object.values(counts.byCategory ?? {});
  const retries = others.reduce((left, other) => left - other.retries, counts.retries);
  return { retries, streak: counts.streak, limit: policy.maxRetries, own: undefined };
}

export function retriesLeft(operation: Counted, category: ErrorCategory): boolean {
  const { retries, limit } = retryCount(operation, category);
  return retries < limit;
}

/** The counts when one more retry is spent. */
export function afterRetry(operation: Counted, { category, anew }: Verdict): Counts {
  const counts = anew ? begunAnew(operation.counts) : operation.counts;
  const retries = counts.retries + 1;
  const { own } = retryCount(operation, category);
  if (own === undefined) return { ...counts, retries, streak: counts.streak + 1 };
  const before = counts.byCategory?.[own] ?? NONE;
  const after = { retries: before.retries + 1, streak: before.streak + 1 };
  return { ...counts, retries, byCategory: { ...counts.byCategory, [own]: after } };
}

/** The limits stay, the backoff does not. */
function begunAnew(counts: Counts): Counts {
  const { byCategory } = counts;
  if (byCategory === undefined) return { ...counts, streak: 0 };
  const rested = Object.entries(byCategory).map(([name, count]) => [name, { ...count, streak: 0 }]);
  return { ...counts, streak: 0, byCategory: Object.fromEntries(rested) };
}
