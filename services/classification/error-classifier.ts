import {
  type Classification,
  type ClassificationRule,
  type Classifier,
  ErrorCategory,
} from '../ports.ts';
import { checkKeys, Problems } from '../problems.ts';
import { read } from '../safe-access.ts';
import { matchBuiltIn } from './built-in-rules.ts';
import type { Entry, Match } from './entry.ts';
import { chainOf, errorsOf, type Link } from './error-chain.ts';
import { retryAfterOf } from './retry-after.ts';

export interface ErrorClassifierOptions {
  /** Asked in their order, before the built-in rules. @default none */
  readonly rules?: readonly ClassificationRule[];
  /**
   * Whether errors of a category are retried. Wins over what the built-in rules say of single errors, not over the `retryable` of a rule of yours.
   * @default network, timeout and unknown; resource where waiting can help; never validation and permission
   */
  readonly retryable?: Readonly<Partial<Record<ErrorCategory, boolean>>>;
  /** Epoch milliseconds, for `Retry-After` headers that hold a date. @default Date.now */
  readonly now?: () => number;
}

const OPTIONS = ['rules', 'retryable', 'now'];
const CATEGORIES: readonly string[] = Object.values(ErrorCategory);
const FALLBACK: Match = { category: ErrorCategory.UNKNOWN, rule: 'fallback' };

const RETRYABLE: Readonly<Record<ErrorCategory, boolean>> = {
  network: true,
  timeout: true,
  resource: true,
  unknown: true,
  validation: false,
  permission: false,
};

/**
 * Sorts errors by what they say of themselves, by their causes, and last by their messages. Takes anything that can be thrown, and
 * never throws itself.
 */
export class ErrorClassifier implements Classifier {
  readonly #rules: readonly ClassificationRule[];
  readonly #retryable: Readonly<Partial<Record<ErrorCategory, boolean>>>;
  readonly #now: () => number;

  /** @throws ConfigError for a rule without name or match, an unknown category, an unknown option */
  constructor(options: ErrorClassifierOptions = {}) {
    const { rules = [], retryable = {}, now = Date.now } = options;
    const problems = new Problems();
    checkKeys(problems, options, OPTIONS);
    checkRules(problems, rules);
    checkKeys(problems, retryable, CATEGORIES);
    for (const [category, value] of Object.entries(retryable)) {
      const fits = value === undefined || typeof value === 'boolean';
      problems.check(fits, `retryable.${category}`, value, 'must be true or false');
    }
    problems.check(typeof now === 'function', 'now', now, 'must be a function');
    problems.throwIfAny('ErrorClassifier');
    this.#rules = [...rules];
    this.#retryable = { ...retryable };
    this.#now = now;
  }

  classify(error: unknown): ErrorCategory {
    return this.explain(error).category;
  }

  shouldRetry(error: unknown): boolean {
    return this.explain(error).retryable;
  }

  explain(error: unknown): Classification {
    const chain = chainOf(error);
    const { category, retryable, rule } =
      this.#byRules(error) ?? this.#byTables(chain) ?? this.#decided(FALLBACK);
    const retryAfter = this.#retryAfter(chain);
    return {
      category,
      retryable,
      rule,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    };
  }

  #byRules(error: unknown): Classification | undefined {
    for (const { name, match } of this.#rules) {
      let found: unknown;
      try {
        found = match(error);
      } catch {
        continue;
      }
      const category = typeof found === 'string' ? found : read(found, 'category');
      if (!isCategory(category)) continue;
      const retryable = read(found, 'retryable');
      return {
        category,
        retryable: typeof retryable === 'boolean' ? retryable : this.#allows({ category }),
        rule: name,
      };
    }
    return undefined;
  }

  #byTables(chain: Link): Classification | undefined {
    const match = matchBuiltIn(chain, entry => this.#allows(entry));
    return match && this.#decided(match);
  }

  #decided(match: Match): Classification {
    return { category: match.category, retryable: this.#allows(match), rule: match.rule };
  }

  #allows({ category, retryable }: Entry): boolean {
    return this.#retryable[category] ?? retryable ?? RETRYABLE[category];
  }

  #retryAfter(chain: Link): number | undefined {
    for (const error of errorsOf(chain)) {
      const retryAfter = retryAfterOf(error, this.#now);
      if (retryAfter !== undefined) return retryAfter;
    }
    return undefined;
  }
}

function checkRules(problems: Problems, rules: readonly ClassificationRule[]): void {
  if (!problems.check(Array.isArray(rules), 'rules', rules, 'must be an array')) return;
  for (const [index, rule] of rules.entries()) {
    const name = read(rule, 'name');
    const match = read(rule, 'match');
    const named = typeof name === 'string' && name.trim() !== '';
    problems.check(named, `rules[${index}].name`, name, 'must be a string that is not empty');
    problems.check(
      typeof match === 'function',
      `rules[${index}].match`,
      match,
      'must be a function',
    );
  }
}

function isCategory(value: unknown): value is ErrorCategory {
  return typeof value === 'string' && CATEGORIES.includes(value);
}
