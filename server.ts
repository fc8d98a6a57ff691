/** A recovery over HTTP and socket.io, and a web page. */
import { join } from 'node:path';
import {
  type RecoveryServer,
  type RecoveryServerOptions,
  serveRecovery,
} from './adapters/http/index.ts';
import { socketAnnex } from './adapters/socketio/index.ts';
import { ownPackage } from './own-package.ts';
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

const own = ownPackage();
/** Where the build puts the web page. */
const PAGE = own && join(own.folder, 'dist', 'visualizer');

/**
 * Serves a recovery over HTTP and socket.io: operations, breakers, health and metrics, and what happens as it happens, for tools, and a web page for people.
 * @throws ConfigError that names every problem of the options
 */
export function createRecoveryServer(
  recovery: Recovery,
  options: RecoveryServerOptions = {},
): Promise<RecoveryServer> {
  return serveRecovery(
    recovery,
    { charts: CHARTS, version: own?.version ?? 'unknown', page: PAGE },
    (access, { basePath, bodyLimit, rateLimit: limits, streamShare: share, logger }) =>
      socketAnnex(recovery, { access, basePath, bodyLimit, limits, share, logger }),
    options,
  );
}
