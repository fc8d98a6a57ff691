import { errorToJson } from '../error-json.ts';
import { ConfigError } from '../errors.ts';
import { type Classification, type Classifier, ErrorCategory } from '../ports.ts';
import { read } from '../safe-access.ts';

const CATEGORIES: readonly unknown[] = Object.values(ErrorCategory);

/**
 * Asks a classifier and does not take its word for it: what it says is stored, so it must be of the six categories and be JSON.
 * @throws ConfigError when it throws or gives something else; what it threw is the cause
 */
export function checkedClassification(classifier: Classifier, error: unknown): Classification {
  let given: unknown;
  try {
    given = classifier.explain(error);
  } catch (cause) {
    const { message } = errorToJson(cause);
    throw new ConfigError(`the classifier threw an error: ${message}`, {
      cause,
      details: { thrown: message },
    });
  }
  const category = read(given, 'category');
  const retryable = read(given, 'retryable');
  const rule = read(given, 'rule');
  const retryAfter = read(given, 'retryAfter');
  if (!CATEGORIES.includes(category)) throw refusal('category', category, CATEGORIES.join(', '));
  if (typeof retryable !== 'boolean') throw refusal('retryable', retryable, 'true or false');
  if (typeof rule !== 'string') throw refusal('rule', rule, 'a string');
  const known = { category: category as ErrorCategory, retryable, rule };
  return typeof retryAfter === 'number' ? { ...known, retryAfter } : known;
}

function refusal(what: string, given: unknown, wanted: string): ConfigError {
  const value = typeof given === 'string' ? JSON.stringify(given) : typeof given;
  return new ConfigError(`the classifier gave ${value} as ${what}; it must be ${wanted}`, {
    details: { [what]: value },
  });
}
