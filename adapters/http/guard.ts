import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Access, bearerOf, type Caller, type Role, suffices } from './access.ts';
import type { RequestLimits } from './options.ts';
import { Refusal } from './refusal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined without a token, and with a wrong one. */
    caller: Caller | undefined;
  }
  interface FastifyContextConfig {
    /** The role that the route needs. */
    role?: Role | 'public';
    /** It belongs to the web page. */
    page?: true;
  }
}

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'Authorization, Content-Type',
  'access-control-max-age': '600',
};

/** Looks at each request before anything of it is read: where it comes from, and who asks. */
export function guardOrigins(app: FastifyInstance, access: Access): void {
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request, reply) => {
    const { host, origin } = request.headers;
    const refusal = access.refusalOf({
      host,
      origin,
      site: single(request.headers['sec-fetch-site']),
      mode: single(request.headers['sec-fetch-mode']),
      localAddress: request.raw.socket.localAddress,
    });
    if (refusal !== undefined) throw new Refusal(refusal);
    if (access.allowsOrigin(origin)) {
      reply.header('access-control-allow-origin', origin).header('vary', 'Origin');
      if (request.method === 'OPTIONS') return reply.code(204).headers(PREFLIGHT).send();
    }
    request.caller = access.callerOf(bearerOf(request.headers.authorization));
    return undefined;
  });
}

/** Refuses whoever has not the role; after requests have been counted, so that guesses are counted too, and before a body is read. */
export function guardRoles(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, reply) => {
    const { role = 'public' } = request.routeOptions.config;
    if (role === 'public') return;
    if (request.caller === undefined) {
      reply.header('www-authenticate', 'Bearer');
      throw new Refusal('UNAUTHORIZED');
    }
    if (!suffices(request.caller.role, role)) throw new Refusal('FORBIDDEN');
  });
}

/** Whose count a request goes to. */
export function countedAs(request: FastifyRequest): string {
  const { caller, ip } = request;
  const who = caller?.id ?? openTo(request);
  return `${who} ${ip}`;
}

/** How many of them a minute may have. */
export function limitOf(request: FastifyRequest, limits: RequestLimits): number {
  // The page comes in many files, and none of them says anything.
  const known = request.caller !== undefined || request.routeOptions.config.page === true;
  return known ? limits.requests : limits.anonymous;
}

/** What each answer says besides helmet's headers. */
export function sealed(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store');
}

function openTo({ routeOptions: { config } }: FastifyRequest): string {
  if (config.page === true) return 'page';
  return config.role === 'public' ? 'public' : 'anonymous';
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;
