/** A recovery over HTTP. */
import {
  type RecoveryServer,
  type RecoveryServerOptions,
  serveRecovery,
} from './adapters/http/index.ts';
import { charts } from './services/charts/index.ts';
import type { Recovery } from './services/ports.ts';

export type {
  AccessTokens,
  Caller,
  HealthLimits,
  MetricsSource,
  ProblemDetails,
  RecoveryServer,
  RecoveryServerOptions,
  RequestLimits,
  Role,
} from './adapters/http/index.ts';

/** The same JSON that `xstate-recovery machines` prints. */
const CHARTS = Object.fromEntries(charts().map(({ name, config }) => [name, config]));

/**
 * Serves a recovery over HTTP: operations, breakers, health and metrics, for tools and people.
 * @throws ConfigError that names every problem of the options
 */
export function createRecoveryServer(
  recovery: Recovery,
  options: RecoveryServerOptions = {},
): Promise<RecoveryServer> {
  return serveRecovery(recovery, CHARTS, options);
}
