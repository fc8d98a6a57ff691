import type { Classification } from '../ports.ts';
import type { Policy } from '../runtime/policy.ts';

/** The same policy, which asks the user's functions about one error only once, however often that is judged. */
export function settledOn(policy: Policy, error: unknown): Policy {
  const explain = once<Classification>(() => policy.classifier.explain(error));
  let counts: boolean | undefined;
  return {
    ...policy,
    classifier: {
      classify: () => explain().category,
      shouldRetry: () => explain().retryable,
      explain,
    },
    recordFailure(category) {
      counts ??= policy.recordFailure(category, error);
      return counts;
    },
  };
}

/** Gives, or throws, the same each time. */
function once<T>(fn: () => T): () => T {
  let answer: (() => T) | undefined;
  return () => {
    if (answer === undefined) {
      try {
        const value = fn();
        answer = () => value;
      } catch (thrown) {
        answer = () => {
          throw thrown;
        };
      }
    }
    return answer();
  };
}
