import { z } from 'zod';
import type { Recovery } from '../../../services/ports.ts';
import type { HealthLimits, MetricsSource } from '../options.ts';
import { readinessOf, readinessSchema } from '../readiness.ts';
import { type Route, route } from '../route.ts';

export interface ObservabilityParts {
  readonly metrics: MetricsSource | undefined;
  readonly health: HealthLimits;
  /** Milliseconds. */
  readonly eventLoopDelay: () => number;
}

/** What tools ask: health and metrics. */
export function observabilityRoutes(
  recovery: Recovery,
  parts: ObservabilityParts,
): readonly Route[] {
  const { metrics } = parts;
  const ready = route({
    method: 'GET',
    path: '/health/ready',
    id: 'getReadiness',
    summary: 'Whether work may be sent here. Without a token only that, with one also why not.',
    role: 'public',
    success: { status: 200, description: 'It may.', schema: readinessSchema },
    otherStatus: { status: 503, description: 'It may not.' },
    handle({ caller }) {
      const full = readinessOf(recovery, parts.health, parts.eventLoopDelay());
      const { system_healthy, persistence_healthy } = full;
      return {
        status: system_healthy ? 200 : 503,
        body: caller === undefined ? { system_healthy, persistence_healthy } : full,
      };
    },
  });
  const live = route({
    method: 'GET',
    path: '/health/live',
    id: 'getLiveness',
    summary: 'Whether the process answers.',
    role: 'public',
    success: {
      status: 200,
      description: 'It does.',
      schema: z.object({ live: z.literal(true) }).meta({ id: 'Liveness' }),
    },
    handle: () => ({ body: { live: true } }),
  });
  const routes = [live, ready];
  if (metrics === undefined) return routes;
  const scraped = route({
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    summary: 'Metrics for Prometheus.',
    role: 'viewer',
    success: {
      status: 200,
      description: 'The metrics.',
      contentType: metrics.contentType,
      schema: z.string(),
    },
    handle: async () => ({ body: await metrics.read() }),
  });
  return [...routes, scraped];
}
