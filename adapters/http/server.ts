import type { Server } from 'node:http';
import { z } from 'zod';
import { ConfigError } from '../../services/errors.ts';
import type { Recovery } from '../../services/ports.ts';
import { Access } from './access.ts';
import { isLoopback } from './addresses.ts';
import type { Annex } from './annex.ts';
import { createApplication } from './application.ts';
import { Doorway } from './doorway.ts';
import { EventLoopWatch } from './event-loop.ts';
import { openApiOf } from './openapi.ts';
import {
  type Charts,
  type RecoveryServerOptions,
  type ResolvedServerOptions,
  resolveServerOptions,
} from './options.ts';
import { type Route, route } from './route.ts';
import { breakerRoutes } from './routes/breakers.ts';
import { commandRoutes } from './routes/commands.ts';
import { observabilityRoutes } from './routes/observability.ts';
import { operationRoutes } from './routes/operations.ts';

/** A recovery that is served. */
export interface RecoveryServer {
  /** Where it is reached, its `basePath` included. */
  readonly url: string;
  readonly server: Server;
  /** Who may do what, from where; for other ways into the same server. */
  readonly access: Access;
  /** Takes no more requests, and resolves when those under way have ended. The recovery goes on. Idempotent. */
  close(): Promise<void>;
}

/**
 * Serves a recovery over HTTP.
 * @param charts the state charts as JSON, for `/api/machines`
 * @param annexOf another way into the same server
 * @throws ConfigError that names every problem of the options
 */
export async function serveRecovery(
  recovery: Recovery,
  charts: Charts,
  annexOf: (access: Access, options: ResolvedServerOptions) => Annex,
  options: RecoveryServerOptions = {},
): Promise<RecoveryServer> {
  const resolved = resolveServerOptions(options);
  const { tokens, host, port, allowedHosts, allowedOrigins, closeTimeout } = resolved;
  const access = new Access({ tokens, hosts: [...allowedHosts, host], origins: allowedOrigins });
  const watch = new EventLoopWatch();
  try {
    const routes = routesOf(recovery, charts, resolved, () => watch.delay());
    const app = await createApplication(routes, access, resolved);
    const annex = annexOf(access, resolved);
    const doorway = new Doorway(
      resolved,
      (request, response) => app.routing(request, response),
      annex,
    );
    let closed: Promise<void> | undefined;
    const close = async () => {
      watch.stop();
      await doorway.close(closeTimeout);
      await app.close();
    };
    const served: RecoveryServer = {
      get url() {
        return doorway.url;
      },
      server: doorway.server,
      access,
      close: () => {
        closed ??= close();
        return closed;
      },
    };
    const listening = await doorway.open(host, port);
    if (listening !== undefined && !access.guarded && !isLoopback(listening.address)) {
      await served.close();
      throw new ConfigError(
        `host must be loopback as long as there are no tokens; "${host}" is ${listening.address}`,
        { details: { option: 'host', value: host } },
      );
    }
    return served;
  } catch (error) {
    watch.stop();
    throw error;
  }
}

function routesOf(
  recovery: Recovery,
  charts: Charts,
  options: ResolvedServerOptions,
  eventLoopDelay: () => number,
): readonly Route[] {
  const { basePath, metrics, health } = options;
  const routes: Route[] = [
    ...operationRoutes(recovery),
    ...commandRoutes(recovery, basePath),
    ...breakerRoutes(recovery),
    ...observabilityRoutes(recovery, { charts, metrics, health, eventLoopDelay }),
  ];
  let document: unknown;
  routes.push(
    route({
      method: 'GET',
      path: '/openapi.json',
      id: 'getOpenApi',
      summary: 'This document.',
      role: 'viewer',
      success: {
        status: 200,
        description: 'An OpenAPI 3.1 document.',
        schema: z.looseObject({ openapi: z.string() }),
      },
      handle: () => ({ body: document }),
    }),
  );
  document = openApiOf(routes, basePath);
  return routes;
}
