import { Registry } from 'prom-client';
import { ConfigError } from '../../services/errors.ts';
import type { Recovery } from '../../services/ports.ts';
import { Counted } from './counted.ts';
import { LabelValues } from './label-values.ts';
import { LookedUp } from './looked-up.ts';
import { type PrometheusOptions, resolved } from './options.ts';

export type { PrometheusOptions } from './options.ts';

/** Metrics in Prometheus' text format, for a `/metrics` route. */
export interface PrometheusMetrics {
  readonly registry: Registry;
  /** The `Content-Type` of what `read` gives. */
  readonly contentType: string;
  /** Everything in the registry, as of now. */
  read(): Promise<string>;
  /** Counts no more, and takes its metrics out of the registry. */
  stop(): void;
}

/**
 * Keeps metrics of a recovery. Make it before `resume()`, so that nothing is missed: counters begin at zero with it.
 * @throws ConfigError that names every problem of the options, or when the registry has one of the names already
 */
export function prometheusMetrics(
  recovery: Pick<Recovery, 'observe' | 'health' | 'breakers'>,
  options: PrometheusOptions = {},
): PrometheusMetrics {
  const { registry: given, prefix, maxNames, maxKeys } = resolved(options);
  // A name that is taken shall leave the registry as it was, so they are all made in one of their own first.
  const own = new Registry();
  const names = new LabelValues(maxNames);
  const keys = new LabelValues(maxKeys);
  const naming = { registry: own, prefix, names, keys };
  const counted = new Counted(naming);
  const lookedUp = new LookedUp(naming, recovery, () => counted.position);
  const registry = given ?? own;
  const metrics = own.getMetricsAsArray();
  if (registry !== own) {
    for (const { name } of metrics) {
      if (registry.getSingleMetric(name) === undefined) continue;
      throw new ConfigError(`prometheusMetrics: the registry has "${name}" already; give a prefix`);
    }
    for (const { name } of metrics) {
      const metric = own.getSingleMetric(name);
      if (metric !== undefined) registry.registerMetric(metric);
    }
  }
  const unobserve = recovery.observe(counted);
  return {
    registry,
    contentType: registry.contentType,
    read: () => {
      lookedUp.read();
      return registry.metrics();
    },
    stop: () => {
      unobserve();
      for (const { name } of metrics) registry.removeSingleMetric(name);
    },
  };
}
