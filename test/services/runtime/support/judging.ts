import type { OperationContext } from '../../../../machines/operation/types.ts';
import { ErrorClassifier } from '../../../../services/classification/index.ts';
import { resolveConfig } from '../../../../services/config.ts';
import type { Classification, OperationOptions } from '../../../../services/ports.ts';
import {
  operationPolicy,
  type Policy,
  resolvePolicy,
} from '../../../../services/runtime/policy.ts';
import { type Circumstances, verdictOn } from '../../../../services/runtime/verdict.ts';

export const NOW = 1_000_000;
export const SEED = 7;

/** A policy, resolved as a recovery does it. */
export function policyOf(options: OperationOptions, warned: string[] = []): Policy {
  const warn = (_: unknown, message: string) => void warned.push(message);
  const logger = { debug() {}, info() {}, warn, error: warn };
  const classifier = new ErrorClassifier();
  return resolvePolicy('work', options, resolveConfig(), {
    strategy: undefined,
    classifier,
    logger,
  });
}

/** Where an operation of that policy stands. */
export function standing(
  policy: Policy,
  changed: Partial<Pick<OperationContext, 'counts' | 'wait'>> = {},
): Circumstances['operation'] {
  return {
    policy: operationPolicy(policy, SEED, NOW),
    counts: { retries: 0, interruptions: 0, streak: 0 },
    wait: { dueAt: null, remaining: null, delay: null, draw: null },
    ...changed,
  };
}

/** A classifier that says the same of everything. */
export const always = (classification: Partial<Classification>) => ({
  classify: () => 'network' as const,
  shouldRetry: () => true,
  explain: () =>
    ({ category: 'network', retryable: true, rule: 'mine', ...classification }) as const,
});

/** Judges a failure of an operation that has spent nothing yet, unless the facts say otherwise. */
export function judged(options: OperationOptions, facts: Partial<Circumstances> = {}) {
  const policy = policyOf(options);
  const thrown = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  const { verdict, error } = verdictOn(policy, thrown, {
    operation: standing(policy),
    now: NOW,
    ...facts,
  });
  return { verdict, error, thrown };
}
