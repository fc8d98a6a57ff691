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
import { loadPage, type Page, UNBUILT, unusable } from './page/load-page.ts';
import { type Route, route } from './route.ts';
import { breakerRoutes } from './routes/breakers.ts';
import { commandRoutes } from './routes/commands.ts';
import { machineRoutes } from './routes/machines.ts';
import { observabilityRoutes } from './routes/observability.ts';
import { operationRoutes } from './routes/operations.ts';
import { type OverviewParts, overviewRoutes } from './routes/overview.ts';
import { Timeline } from './timeline.ts';

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

/** What comes with the package. */
export interface PackageParts {
  /** The state charts as JSON, for `/api/machines`. */
  readonly charts: Charts;
  readonly version: string;
  /** Folder of the built web page; there need not be one. Undefined where nobody knows it. */
  readonly page: string | undefined;
}

/**
 * Serves a recovery over HTTP.
 * @param annexOf another way into the same server
 * @throws ConfigError that names every problem of the options
 */
export async function serveRecovery(
  recovery: Recovery,
  own: PackageParts,
  annexOf: (access: Access, options: ResolvedServerOptions) => Annex,
  options: RecoveryServerOptions = {},
): Promise<RecoveryServer> {
  const resolved = resolveServerOptions(options);
  const { tokens, host, port, allowedHosts, allowedOrigins, closeTimeout } = resolved;
  const access = new Access({ tokens, hosts: [...allowedHosts, host], origins: allowedOrigins });
  const page = await pageOf(resolved, own.page);
  const watch = new EventLoopWatch();
  const timeline = new Timeline();
  const unobserve = recovery.observe(timeline);
  const stopWatching = () => {
    unobserve();
    watch.stop();
  };
  try {
    const { guarded } = access;
    const parts = { ...own, guarded, timeline, eventLoopDelay: () => watch.delay() };
    const routes = routesOf(recovery, parts, resolved);
    const app = await createApplication(routes, access, resolved, page);
    const annex = annexOf(access, resolved);
    const doorway = new Doorway(
      resolved,
      (request, response) => app.routing(request, response),
      annex,
    );
    let closed: Promise<void> | undefined;
    const close = async () => {
      stopWatching();
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
    stopWatching();
    throw error;
  }
}

/** The page that the options ask for; undefined for none. */
async function pageOf(
  { visualizer, basePath }: ResolvedServerOptions,
  ownFolder: string | undefined,
): Promise<Page | undefined> {
  if (visualizer === false) return undefined;
  const folder = visualizer === true ? ownFolder : visualizer;
  if (folder === undefined) return UNBUILT;
  const page = await loadPage(folder, basePath);
  // Of a package that was not built the rest works all the same; a folder that somebody names has to be right.
  if (page.index === undefined && visualizer !== true) {
    throw unusable(folder, 'there is no index.html');
  }
  return page;
}

function routesOf(
  recovery: Recovery,
  parts: Omit<PackageParts, 'page'> & OverviewParts & { readonly eventLoopDelay: () => number },
  options: ResolvedServerOptions,
): readonly Route[] {
  const { basePath, metrics, health } = options;
  const routes: Route[] = [
    ...operationRoutes(recovery),
    ...commandRoutes(recovery, basePath),
    ...breakerRoutes(recovery),
    ...machineRoutes(recovery, parts.charts),
    ...overviewRoutes(recovery, parts),
    ...observabilityRoutes(recovery, { ...parts, metrics, health }),
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
