import { z } from 'zod';
import { count, duration, limit, record, text } from './option-schemas.ts';

/** How long finished operations are kept. Whatever is left out is kept for ever. */
export interface RetentionOptions {
  /** Milliseconds for operations that succeeded. @default for ever */
  readonly success?: number | undefined;
  /** Milliseconds for failed and exhausted ones. @default for ever */
  readonly failure?: number | undefined;
  /** Finished operations at most; the oldest go first. @default no limit */
  readonly maxRows?: number | undefined;
}

/** The configuration of a recovery. A property that is `undefined` counts as left out. */
export interface ConfigOptions {
  /** Retries after the first attempt; an integer >= 0. @default 3 */
  readonly maxRetries?: number | undefined;
  /** Milliseconds before the first retry. @default 1000 */
  readonly initialDelay?: number | undefined;
  /** What each delay is multiplied by for the next one; >= 1. @default 2 */
  readonly backoffFactor?: number | undefined;
  /** Milliseconds that no delay exceeds; not below `initialDelay`. @default 60000 */
  readonly maxDelay?: number | undefined;
  /** Consecutive failures that open a breaker; an integer >= 1. @default 5 */
  readonly circuitBreakerThreshold?: number | undefined;
  /** Milliseconds that a breaker stays open. @default 300000 */
  readonly circuitBreakerTimeout?: number | undefined;
  /** Times that an operation may be interrupted by the death of its process; an integer >= 0. @default 10 */
  readonly maxInterruptions?: number | undefined;
  /** Milliseconds after which a half-open probe that has not ended gives its permit back; > 0. @default 60000 */
  readonly probeTimeout?: number | undefined;
  /** Breakers that are kept; beyond them those that nobody uses and that have nothing to tell are forgotten. An integer >= 1. @default 10000 */
  readonly maxBreakers?: number | undefined;
  /** Milliseconds that `close()` gives running attempts to end. @default 10000 */
  readonly drainTimeout?: number | undefined;
  /** The store's file, for a recovery that is given no persistence. Fixed once it runs. @default none: in memory */
  readonly persistencePath?: string | undefined;
  /** Replaced as a whole, not merged. @default everything is kept */
  readonly retention?: RetentionOptions | undefined;
  /** What an operation does while its breaker is open. @default 'fail' */
  readonly whenOpen?: 'fail' | 'wait' | undefined;
  /** Milliseconds that one attempt may take; > 0. @default none */
  readonly timeout?: number | undefined;
  /** Milliseconds that an operation may take in all; > 0. @default none */
  readonly totalTimeout?: number | undefined;
  /** Operations of the whole recovery that may be in progress at once; the others wait. An integer >= 1. @default no limit */
  readonly concurrency?: number | undefined;
  /** Operations of the whole recovery that may wait for their first slot; more are refused. An integer >= 0. @default no limit */
  readonly maxPending?: number | undefined;
}

/** The same with every value known. */
export interface ConfigValues {
  readonly maxRetries: number;
  readonly initialDelay: number;
  readonly backoffFactor: number;
  readonly maxDelay: number;
  readonly circuitBreakerThreshold: number;
  readonly circuitBreakerTimeout: number;
  readonly maxInterruptions: number;
  readonly probeTimeout: number;
  readonly maxBreakers: number;
  readonly drainTimeout: number;
  readonly persistencePath: string | undefined;
  readonly retention: RetentionOptions;
  readonly whenOpen: 'fail' | 'wait';
  readonly timeout: number | undefined;
  readonly totalTimeout: number | undefined;
  readonly concurrency: number | undefined;
  readonly maxPending: number | undefined;
}

export const WHEN_OPEN = z.enum(['fail', 'wait'], { error: "must be 'fail' or 'wait'" });

const factor = 'must be a finite number >= 1';

/** One schema for each option; the keys are all there are. */
export const FIELDS = {
  maxRetries: count(0),
  initialDelay: duration(),
  backoffFactor: z.number({ error: factor }).min(1, { error: factor }),
  maxDelay: duration(),
  circuitBreakerThreshold: count(1),
  circuitBreakerTimeout: duration(),
  maxInterruptions: count(0),
  probeTimeout: limit(),
  maxBreakers: count(1),
  drainTimeout: duration(),
  persistencePath: text(),
  retention: record({ success: duration(), failure: duration(), maxRows: count(0) }),
  whenOpen: WHEN_OPEN,
  timeout: limit(),
  totalTimeout: limit(),
  concurrency: count(1),
  maxPending: count(0),
} satisfies Record<keyof ConfigOptions & keyof ConfigValues, z.ZodType>;

export const configSchema = record(FIELDS);
