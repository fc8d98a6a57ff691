import * as assert from 'uvu/assert';
import { ErrorClassifier } from '../../../services/classification/index.ts';
import type { ErrorCategory } from '../../../services/ports.ts';

export type Expectation = readonly [
  error: unknown,
  category: ErrorCategory,
  retryable: boolean,
  rule: string,
];

/** Asserts category, verdict and rule of each error. */
export function expectVerdicts(
  expectations: readonly Expectation[],
  classifier = new ErrorClassifier(),
): void {
  for (const [error, category, retryable, rule] of expectations) {
    const verdict = classifier.explain(error);
    const about = `for ${rule}`;
    assert.equal(verdict, { category, retryable, rule }, about);
    assert.is(classifier.classify(error), category, about);
    assert.is(classifier.shouldRetry(error), retryable, about);
  }
}

export function coded(code: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code });
}

export function named(name: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { name });
}

export function answered(status: number): Error {
  return Object.assign(new Error('it failed'), { status });
}
