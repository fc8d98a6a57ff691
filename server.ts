/** A recovery over HTTP and socket.io, and a web page. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type RecoveryServer,
  type RecoveryServerOptions,
  serveRecovery,
} from './adapters/http/index.ts';
import { socketAnnex } from './adapters/socketio/index.ts';
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

/** Where the build puts the web page, seen from this file in any folder that is built beside `dist`. */
const PAGE = fileURLToPath(new URL('../dist/visualizer/', import.meta.url));

/** Of the package; a bundle that has left the package behind does not know it. */
function ownVersion(): string {
  try {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const { name, version } = JSON.parse(manifest) as Readonly<Record<string, unknown>>;
    return name === 'xstate-recovery' ? String(version) : 'unknown';
  } catch {
    return 'unknown';
  }
}

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
    { charts: CHARTS, version: ownVersion(), page: PAGE },
    (access, { basePath, bodyLimit, rateLimit: limits, streamShare: share, logger }) =>
      socketAnnex(recovery, { access, basePath, bodyLimit, limits, share, logger }),
    options,
  );
}
