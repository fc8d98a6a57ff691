import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Access } from './access.ts';
import { countedAs, guardOrigins, guardRoles, limitOf, sealed } from './guard.ts';
import type { ResolvedServerOptions } from './options.ts';
import type { Page } from './page/load-page.ts';
import { servePage } from './page/page-routes.ts';
import { frameworkProblemOf, PROBLEM_TYPE, type ProblemDetails, problemOf } from './problem.ts';
import { Refusal } from './refusal.ts';
import { answerLine, faultOf } from './request-log.ts';
import { fitting, type Route } from './route.ts';

const MINUTE = 60_000;
/** An id of 512 characters, each of them escaped as three bytes. */
const MAX_PARAMETER = 512 * 9;

/** Answers are no pages; the page brings a policy of its own. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // Where TLS ends, somebody else knows whether the whole host keeps to it.
  hsts: false,
};

/** The routes behind their guards, as a Fastify instance that listens to nothing by itself. */
export async function createApplication(
  routes: readonly Route[],
  access: Access,
  options: ResolvedServerOptions,
  page: Page | undefined,
): Promise<FastifyInstance> {
  const { logger, rateLimit: limits } = options;
  const app = Fastify({
    bodyLimit: options.bodyLimit,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    frameworkErrors: (_error, _request, reply) =>
      sendProblem(reply, problemOf(new Refusal('BAD_REQUEST'))),
  });
  // A page of a foreign origin may send a text without asking first; JSON it may not.
  app.removeContentTypeParser('text/plain');
  await app.register(helmet, HELMET);
  app.addHook('onResponse', async (request, reply) => answerLine(logger, request, reply));
  guardOrigins(app, access);
  await app.register(rateLimit, {
    timeWindow: MINUTE,
    keyGenerator: countedAs,
    max: request => limitOf(request, limits),
    errorResponseBuilder: () => new Refusal('RATE_LIMITED'),
  });
  guardRoles(app);
  app.setErrorHandler((error, request, reply) => {
    const problem = frameworkProblemOf(error);
    if (problem.status >= 500) logger.error(faultOf(request, error), 'a request went wrong');
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (_request, reply) =>
    sendProblem(reply, problemOf(new Refusal('NOT_FOUND'))),
  );
  for (const route of routes) {
    app.route({
      method: route.method,
      url: `${options.basePath}${route.path}`,
      config: { role: route.role },
      handler: (request, reply) => answer(route, request, reply, options),
    });
  }
  if (page !== undefined) servePage(app, page, options.basePath);
  await app.ready();
  return app;
}

async function answer(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  { logger }: ResolvedServerOptions,
): Promise<FastifyReply> {
  const { params, query, body, caller } = request;
  try {
    const {
      status,
      headers,
      body: result,
    } = await route.handle(fitting(route, { params, query, body, caller }));
    const { success } = route;
    sealed(reply);
    return reply
      .code(status ?? success.status)
      .headers({ ...headers })
      .type(success.contentType ?? 'application/json; charset=utf-8')
      .send(typeof result === 'string' ? result : JSON.stringify(result));
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status >= 500) logger.error(faultOf(request, error), 'a request went wrong');
    return sendProblem(reply, problem);
  }
}

function sendProblem(reply: FastifyReply, problem: ProblemDetails): FastifyReply {
  sealed(reply);
  // Else the framework would take the text for a JSON value of its own.
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}
