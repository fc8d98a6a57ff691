/** A recovery over HTTP. */
import {
  type RecoveryServer,
  type RecoveryServerOptions,
  serveRecovery,
} from './adapters/http/index.ts';
import { breakerMachine } from './machines/breaker/machine.ts';
import { operationMachine } from './machines/operation/machine.ts';
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

const charts = { operation: operationMachine.definition, breaker: breakerMachine.definition };

/**
 * Serves a recovery over HTTP: operations, breakers, health and metrics, for tools and people.
 * @throws ConfigError that names every problem of the options
 */
export function createRecoveryServer(
  recovery: Recovery,
  options: RecoveryServerOptions = {},
): Promise<RecoveryServer> {
  return serveRecovery(recovery, charts, options);
}
