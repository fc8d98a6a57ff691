import type { Registry } from 'prom-client';
import { ConfigError } from '../../services/errors.ts';

export interface PrometheusOptions {
  /** Where the metrics are registered. @default a registry of their own */
  readonly registry?: Registry;
  /** Begins every name; letters, digits and `_`. Two recoveries on one registry need two. @default 'xstate_recovery_' */
  readonly prefix?: string;
  /** Operation names that get a label value of their own, the first that come; the others are `other`. An integer >= 1. @default 100 */
  readonly maxNames?: number;
  /** The same for breaker keys, which may come from inputs. @default 100 */
  readonly maxKeys?: number;
}

export interface ResolvedOptions {
  readonly registry: Registry | undefined;
  readonly prefix: string;
  readonly maxNames: number;
  readonly maxKeys: number;
}

/** @throws ConfigError that names every problem */
export function resolved(options: PrometheusOptions): ResolvedOptions {
  const { registry, prefix = 'xstate_recovery_', maxNames = 100, maxKeys = 100 } = options;
  const problems: string[] = [];
  if (typeof prefix !== 'string' || !/^([a-z_][a-z0-9_]*)?$/.test(prefix)) {
    problems.push(`prefix must be lower-case letters, digits and _, got ${JSON.stringify(prefix)}`);
  }
  for (const [option, value] of Object.entries({ maxNames, maxKeys })) {
    if (!Number.isInteger(value) || value < 1) {
      problems.push(`${option} must be an integer >= 1, got ${String(value)}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(`prometheusMetrics: ${problems.join('; ')}`);
  return { registry, prefix, maxNames, maxKeys };
}
